"""Yes or no. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.matching import normalise
from ivr_agi.language.slots.base import Language, Parsed, Reason, Rejected

__all__ = ("YesNo",)

_YES = (
    "yes yeah yep yup yah yea aye sure correct right exactly absolutely definitely certainly "
    "affirmative indeed ok okay alright fine|that's right|that is right|that's correct"
    "|that is correct|no problem|of course|go ahead|uh huh|please do|you got it|sounds good"
    "|i do|it is|i am|not wrong"
)
_NO = (
    "no nope nah negative never wrong incorrect|not right|not correct|isn't right|is not right"
    "|isn't correct|is not correct|not really|not now|no way|no thanks|no thank you|don't|do not"
    "|i do not|it is not|it isn't|i'm not|i am not|not that|not ok|not okay|not fine"
    "|not exactly"
)
_ZH_YES = (
    "是的 是 对的 对 好的 好 可以 行 没错 没有错 不错 没问题 没有问题 确认 确定 同意 愿意 正确 "
    "要的 要 需要 嗯嗯 中 成 当然 必须的 有的"
)
_ZH_NO = (
    "不是的 不是 不对 不好 不可以 不行 不要 不用 不需要 不同意 不愿意 不确认 不正确 不必 不了 "
    "不 没有 没 错了 错的 错 否 别 有错 有误 有问题 取消 拒绝 不成 不中 用不着"
)
_BOTH = "not sure|i'm not sure|i am not sure|no idea|i don't know|don't know|i do not know"
_ZH_BOTH = "不确定 不知道 不清楚 是不是 对不对 好不好 可不可以 要不要 行不行"


def _words(listed: str) -> list[str]:
    first, *phrases = listed.split("|")
    return [*first.split(), *phrases]


def _compile() -> tuple[re.Pattern[str], dict[str, bool]]:
    sides = dict.fromkeys((*_words(_YES), *_ZH_YES.split()), True)
    sides |= dict.fromkeys((*_words(_NO), *_ZH_NO.split()), False)
    both = [*_BOTH.split("|"), *_ZH_BOTH.split()]
    parts = [
        f"(?<![a-z']){re.escape(word)}(?![a-z'])" if word.isascii() else word
        for word in sorted((*sides, *both), key=len, reverse=True)
    ]
    return re.compile("|".join(parts)), sides


_PATTERN, _SIDES = _compile()
_HUMMED = re.compile(r"(?:嗯|恩|哦|m+hm+|uh huh)+")


@dataclass(frozen=True, kw_only=True)
class YesNo:
    """Yes (``True``) or no (``False``)."""

    yes_key: str = "1"
    no_key: str = "2"

    reasons: ClassVar = (Reason.NOT_UNDERSTOOD, Reason.AMBIGUOUS)

    def parse(self, text: str) -> Parsed[bool] | Rejected:
        """Read the longest words that say yes or no; both in one answer are ambiguous."""
        said = normalise(text)
        if _HUMMED.fullmatch(said.replace(" ", "")):
            return Parsed(True, is_sure=False)
        found = [_SIDES.get(match[0]) for match in _PATTERN.finditer(said)]
        if not found:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(set(found)) > 1 or found[0] is None:
            return Rejected(Reason.AMBIGUOUS)
        return Parsed(found[0])

    def parse_keys(self, keys: str) -> Parsed[bool] | Rejected:
        """Read one of the two keys."""
        value = {self.yes_key: True, self.no_key: False}.get(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else Parsed(value)

    def read_back(self, value: bool, language: Language) -> str:
        """Return yes or no."""
        words = {Language.CHINESE: ("否", "是"), Language.ENGLISH: ("no", "yes")}
        return words[language][value]
