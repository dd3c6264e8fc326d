"""The vendor's voices: language, characters of a call unit, longest text, SSML.

Core, no I/O: data. Source: ``sis-protocol.md`` 9 (``text``), 10 (voices), 11 (SSML).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("SHORT_TEXT", "VENDOR_VOICES", "VendorVoice", "vendor_voice")

SHORT_TEXT = 499
"""Characters of one text that every voice takes. Older documents say "less than 500", newer ones
"at most 500": our client sends 499, our server takes 500."""
_LONG_TEXT = 10_000


@dataclass(frozen=True, kw_only=True)
class VendorVoice:
    """One voice."""

    language: str
    """First part of ``property``."""
    name: str
    """The speaker: second part of ``property``."""
    unit: int = 50
    """Characters of one call unit: 100 of an ordinary voice, 50 of a premium one."""
    max_characters: int = SHORT_TEXT
    """Most characters of one text."""
    takes_ssml: bool = False


def _voices(
    language: str, names: str, *, unit: int = 50, long: bool = False, ssml: bool = False
) -> dict[str, VendorVoice]:
    return {
        name: VendorVoice(
            language=language,
            name=name,
            unit=unit,
            max_characters=_LONG_TEXT if long else SHORT_TEXT,
            takes_ssml=ssml,
        )
        for name in names.split()
    }


VENDOR_VOICES: Mapping[str, VendorVoice] = {
    **_voices(
        "chinese",
        """xiaoqi xiaowen xiaoyu xiaoxia xiaoyan xiaoqian xiaowang xiaojing xiaosong xiaodai""",
        unit=100,
    ),
    **_voices("english", "cameal", unit=100),
    **_voices(
        "chinese",
        """huaxiaoxia huaxiaogang huaxiaolu huaxiaoshu huaxiaowei huaxiaoliang huaxiaodong
        huaxiaoyan huaxiaoxuan huaxiaowen huaxiaoyang huaxiaoru huaxiaohan huaxiaoning
        huaxiaozhen huaxiaoman huaxiaofang huaxiaojun""",
    ),
    **_voices("chinese", "huaxiaomin", ssml=True),
    **_voices(
        "chinese",
        """huaxiaofei huaxiaomei huaxiaohe huaxiaoye huaxiaoxue huaxiaojiao huaxiaohui
        huaxiaokang huaxiaokun huaxiaoquan huaxiaolong huaxiaorui""",
        long=True,
        ssml=True,
    ),
    **_voices("english", "alvin amy", long=True),
    **_voices("english", "dh_male dh_female", long=True),  # also arabic; the international site
}
"""By the speaker's name. The vendor has more; unknown voices count as premium."""


def vendor_voice(property_: str) -> VendorVoice:
    """Return the voice of e.g. ``chinese_xiaoyan_common``; one that is not listed is premium."""
    language, _, rest = property_.partition("_")
    names = (rest.removesuffix("_common"), rest.partition("_")[0])
    found = next((VENDOR_VOICES[name] for name in names if name in VENDOR_VOICES), None)
    return found or VendorVoice(language=language, name=names[1])
