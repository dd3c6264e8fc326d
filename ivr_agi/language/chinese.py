"""Chinese words and what they mean: lists for a native speaker to review. Data. Core, no I/O.

Grammar (which words may follow which) is in the modules that use the lists.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = (
    "ZH_BETWEEN_DIGITS",
    "ZH_CARRIERS",
    "ZH_CURRENCIES",
    "ZH_CURRENCY_NAMES",
    "ZH_DATE_UNITS",
    "ZH_DIGITS",
    "ZH_DIGIT_HOMOPHONES",
    "ZH_GROUPS",
    "ZH_HALVES",
    "ZH_HALVES_SPOKEN",
    "ZH_HESITATIONS",
    "ZH_HUNDREDTH_NAMES",
    "ZH_NEAR_DAYS",
    "ZH_NO",
    "ZH_NUMERALS",
    "ZH_START_OVER",
    "ZH_TAKE_BACK",
    "ZH_TENTH_NAMES",
    "ZH_UNITS",
    "ZH_UNSURE",
    "ZH_VAGUE",
    "ZH_WEEKDAYS",
    "ZH_YEARS",
    "ZH_YES",
)

# Numbers

ZH_NUMERALS = (
    *("零〇洞", "一幺壹", "二两贰", "三叁", "四肆"),
    *("五伍", "六陆", "七柒拐", "八捌", "九玖勾"),
)
"""0 to 9: the usual character, then others for the same digit."""
ZH_DIGITS = MappingProxyType(
    {char: str(value) for value, chars in enumerate(ZH_NUMERALS) for char in chars}
)
"""The digit of each of these characters."""
ZH_UNITS = MappingProxyType({"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000})
ZH_GROUPS = MappingProxyType({"亿": 10**8, "万": 10**4})
"""Units of groups of four digits, largest first."""
ZH_DIGIT_HOMOPHONES = MappingProxyType(
    {
        "腰": "1", "妖": "1", "邀": "1", "要": "1", "吆": "1", "夭": "1",
        "临": "0", "灵": "0", "玲": "0", "凌": "0",
    }
)  # fmt: skip
"""What recognition writes for a digit; counted as one only between other digits."""
ZH_BETWEEN_DIGITS = frozenset("嗯 啊 呃 是 然后 个".split())
"""Words between digits that mean nothing."""
ZH_VAGUE = tuple("多 来块 来元 来个 左右 大概 大约 差不多".split())
"""Words that make a number an approximate one."""

# Dates and times

ZH_WEEKDAYS = "一二三四五六日"
"""Monday to Sunday, as in 星期一; 天 is Sunday, too."""
ZH_NEAR_DAYS = MappingProxyType(
    {
        "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "今天": 0, "今日": 0, "今晚": 0,
        "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3,
    }
)  # fmt: skip
"""Days from today."""
ZH_YEARS = MappingProxyType({"前": -2, "去": -1, "今": 0, "明": 1, "后": 2})
"""Years from this one, as in 去年."""
ZH_DATE_UNITS = MappingProxyType(
    {"天": "1", "日": "1", "周": "7", "星期": "7", "礼拜": "7", "月": "month", "年": "year"}
)
"""Days in each unit, or its name where their number differs."""
ZH_HALVES = MappingProxyType(
    {
        "凌晨": "am", "清晨": "am", "早上": "am", "早晨": "am", "上午": "am", "明早": "am",
        "今早": "am", "中午": "noon", "下午": "pm", "傍晚": "pm", "晚上": "night", "今晚": "night",
        "明晚": "night", "夜里": "night", "半夜": "night", "深夜": "night", "晚": "night",
        "早": "am",
    }
)  # fmt: skip
"""Which part of the day is meant; the first that is found counts."""
ZH_HALVES_SPOKEN = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""What prompts say: up to which hour, and the word."""

# Money

ZH_CURRENCIES = MappingProxyType(
    {
        "CNY": ("元", "分"),
        "USD": ("美元", "美分"),
        "EUR": ("欧元", "欧分"),
        "GBP": ("英镑", "便士"),
        "HKD": ("港元", "仙"),
        "JPY": ("日元", ""),
    }
)
"""Unit and hundredth as prompts say them; empty where there is no hundredth."""
ZH_CURRENCY_NAMES = MappingProxyType(
    {
        "HKD": "港币|港元",
        "JPY": "日元|日币",
        "USD": "美元|美金",
        "EUR": "欧元",
        "GBP": "英镑",
        "CNY": "元|圆|人民币",
    }
)
"""What callers call the unit, as patterns."""
ZH_TENTH_NAMES = "角|毛|jiao|mao"
"""What callers call a tenth of a yuan, as a pattern."""
ZH_HUNDREDTH_NAMES = MappingProxyType(
    {"CNY": "分", "USD": "美分|分", "EUR": "欧分|分", "GBP": "便士", "HKD": "港仙|分|仙"}
)
"""What callers call the hundredth, as patterns."""

# Yes, no, and neither

ZH_YES = tuple(
    "是的 是 对的 对 好的 好 可以 行 没错 没有错 不错 没问题 没有问题 确认 确定 同意 愿意 正确 "
    "要的 要 需要 嗯嗯 中 成 当然 必须的 有的".split()
)
ZH_NO = tuple(
    "不是的 不是 不对 不好 不可以 不行 不要 不用 不需要 不同意 不愿意 不确认 不正确 不必 不了 "
    "不 没有 没 错了 错的 错 否 别 有错 有误 有问题 取消 拒绝 不成 不中 用不着".split()
)
ZH_UNSURE = tuple("不确定 不知道 不清楚 是不是 对不对 好不好 可不可以 要不要 行不行".split())
"""Neither yes nor no, though one of them is in it."""

# Words around an answer

ZH_HESITATIONS = frozenset("啊 呃 哦 噢 唔 嗯 额 诶".split())
"""Sounds of hesitating and of listening."""
ZH_CARRIERS = tuple(
    "麻烦你 麻烦您 麻烦 请帮我 帮我 给我 请问一下 请问 请 我想要 我想 我要 我需要 需要 想要 想 "
    "那个 这个 就是说 就是 那就 然后 一下子 一下 谢谢你 谢谢您 谢谢 你好 您好 喂 "
    "嗯+ 啊+ 呃+ 哦+ 噢+ 哎+ 唉 吧 呢 呀 嘛 哈 我选 我 要 的 选择 选".split()
)
"""Carrier phrases: what people say around the words of a choice; ``+`` repeats the character.

The first that fits is taken, so longer ones stand before their own beginnings."""
ZH_TAKE_BACK = tuple("不对 不是 错了 说错 等一下 等等".split())
"""Take back the last piece of an answer that is given in several."""
ZH_START_OVER = tuple("重新来 重新说 重新开始 重新 重来 从头来 从头开始 从头".split())
"""Take back all of it."""
