"""English names of the provinces on Chinese licence plates. Data. Core, no I/O."""

from __future__ import annotations

from types import MappingProxyType

__all__ = ("EN_PLATE_RULES", "EN_PROVINCES")

EN_PROVINCES = MappingProxyType(
    {
        char: name.replace("_", " ")
        for char, name in (
            pair.split("=")
            for pair in (
                "京=Beijing 津=Tianjin 沪=Shanghai 渝=Chongqing 冀=Hebei 豫=Henan 云=Yunnan "
                "辽=Liaoning 黑=Heilongjiang 湘=Hunan 皖=Anhui 鲁=Shandong 新=Xinjiang 苏=Jiangsu "
                "浙=Zhejiang 赣=Jiangxi 鄂=Hubei 桂=Guangxi 甘=Gansu 晋=Shanxi 蒙=Inner_Mongolia "
                "陕=Shaanxi 吉=Jilin 闽=Fujian 贵=Guizhou 粤=Guangdong 青=Qinghai 藏=Tibet "
                "川=Sichuan 宁=Ningxia 琼=Hainan"
            ).split()
        )
    }
)
"""The provinces that the first characters of plates stand for."""

EN_PLATE_RULES = "plate_province:\n" + "".join(
    f"    {name.lower()} -> constant {char}\n" for char, name in EN_PROVINCES.items()
)
