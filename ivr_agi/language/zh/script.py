"""Traditional characters of words in our rules, and their simplified forms. Data. Core, no I/O."""

from __future__ import annotations

__all__ = ("ZH_SIMPLIFIED",)

ZH_SIMPLIFIED = (
    (
        "個點兩萬億號後時鐘週禮這還對錯沒麼們請謝幫給塊圓幣歐鎊從現間車陸貳參叄壹兒幾臺灣國說話問"
        "題認確無誤別樣會買轉賬帳戶錢總共約開過們來陽農曆節邊為嗎聽碼機電記卡滬遼贛蘇魯寧陝貴雲吉"
        "閩粵瓊黑龍領學掛歲張頓餘餘隻條單雙馬絡證驗當應該願許實現選擇讓訂預見晚離從換運氣準隨便醫"
        "將僅畫廿產雖難須紹觀將辦還嘛讚贊贊嗰啱係喺佢冇咗"
    ),
    (
        "个点两万亿号后时钟周礼这还对错没么们请谢帮给块圆币欧镑从现间车陆贰叁叁壹儿几台湾国说话问"
        "题认确无误别样会买转账账户钱总共约开过们来阳农历节边为吗听码机电记卡沪辽赣苏鲁宁陕贵云吉"
        "闽粤琼黑龙领学挂岁张顿余余只条单双马络证验当应该愿许实现选择让订预见晚离从换运气准随便医"
        "将仅画廿产虽难须绍观将办还嘛赞赞赞嗰啱系喺佢冇咗"
    ),
)
"""Traditional, and in the same place simplified."""
