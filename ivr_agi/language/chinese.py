"""Chinese words and what they mean: lists for a native speaker to review. Data. Core, no I/O.

What callers say is in rules, in the folder ``zh``.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = (
    "ZH_CARRIERS",
    "ZH_CURRENCIES",
    "ZH_DIGITS",
    "ZH_GROUPS",
    "ZH_HALVES_SPOKEN",
    "ZH_HESITATIONS",
    "ZH_NEGATIONS",
    "ZH_NEGATIONS_AFTER",
    "ZH_NOT_NEGATIVE",
    "ZH_NOT_QUITE",
    "ZH_NUMERALS",
    "ZH_OR",
    "ZH_RESTARTS",
    "ZH_START_OVER",
    "ZH_TAKE_BACK",
    "ZH_TIME_UNITS",
    "ZH_WEEKDAYS",
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
ZH_GROUPS = MappingProxyType({"亿": 10**8, "万": 10**4})
"""Units of groups of four digits, largest first."""

# Dates and times

ZH_WEEKDAYS = "一二三四五六日"
"""Monday to Sunday, as in 星期一; 天 is Sunday, too."""
ZH_HALVES_SPOKEN = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""What prompts say: up to which hour, and the word."""
ZH_TIME_UNITS = ("天", "小时", "分钟", "秒")

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
ZH_NEGATIONS = tuple("不 别 没 甭 无需 并非".split())
"""Words that turn a phrase after them round."""
ZH_NEGATIONS_AFTER = tuple(
    "不用 不要 不需要 不办 不了 不做 算了 免了 就不 先不 不是 不想 不必".split()
)
"""Words that turn a phrase right before them round."""
ZH_NOT_QUITE = tuple("不 别 没 甭 无 非".split())
"""Words that make a phrase somewhere after them doubtful."""
ZH_NOT_NEGATIVE = tuple(
    "不好意思 对不起 不知道 不清楚 不错 没错 没事 没问题 不客气 不了解 不同 别的 别人 特别 差不多 "
    "分别 无论 不管 不能 不会 没法 无法 没办法 没收到 没有收到 有没有 "
    "是不是 能不能 要不要 可不可以 会不会 对不对 行不行".split()
)
"""Idioms that say nothing about the phrase after them."""
ZH_RESTARTS = tuple("我 我要 我想 要 是 而是 就 只 但 帮 给 请 那".split())
"""Words after which a negation no longer counts, unless they follow it at once."""
ZH_OR = tuple("或者 或 还是".split())
"""Words beside which another choice stands."""
ZH_TAKE_BACK = tuple("不对 不是 错了 说错 等一下 等等".split())
"""Take back the last piece of an answer that is given in several."""
ZH_START_OVER = tuple("重新来 重新说 重新开始 重新 重来 从头来 从头开始 从头".split())
"""Take back all of it."""
