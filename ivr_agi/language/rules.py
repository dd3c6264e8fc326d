"""The rules of all languages as one grammar. Core, no I/O.

Callers mix languages, so a sentence is read with all of them. A further language is a folder with
such rules, and a line here.
"""

from __future__ import annotations

import functools

from ivr_agi.language.en.around import EN_AROUND_RULES, EN_BESIDE_RULES
from ivr_agi.language.en.dates import EN_DATE_RULES, EN_MONTH_RULES, EN_TIME_RULES
from ivr_agi.language.en.durations import EN_DURATION_RULES
from ivr_agi.language.en.forms import EN_FORM_RULES, EN_PLACE_RULES
from ivr_agi.language.en.numbers import EN_MONEY_RULES, EN_NUMBER_RULES, EN_ROW_RULES
from ivr_agi.language.en.plates import EN_PLATE_RULES
from ivr_agi.language.en.spelling import EN_EMAIL_RULES, EN_SPELLING_RULES
from ivr_agi.language.en.yes_no import EN_YES_NO_RULES
from ivr_agi.language.grammar import Grammar, compile_rules
from ivr_agi.language.zh.around import ZH_AROUND_RULES, ZH_BESIDE_RULES
from ivr_agi.language.zh.dates import ZH_DATE_RULES, ZH_MONTH_RULES, ZH_TIME_RULES
from ivr_agi.language.zh.durations import ZH_DURATION_RULES
from ivr_agi.language.zh.forms import ZH_FORM_RULES, ZH_PLACE_RULES
from ivr_agi.language.zh.numbers import ZH_MONEY_RULES, ZH_NUMBER_RULES, ZH_ROW_RULES
from ivr_agi.language.zh.spelling import ZH_EMAIL_RULES, ZH_SPELLING_RULES
from ivr_agi.language.zh.yes_no import ZH_YES_NO_RULES

__all__ = ("answer_rules",)

_ENGLISH = (
    *(EN_NUMBER_RULES, EN_MONEY_RULES, EN_ROW_RULES, EN_DATE_RULES, EN_TIME_RULES),
    *(EN_MONTH_RULES, EN_DURATION_RULES, EN_SPELLING_RULES, EN_EMAIL_RULES),
    EN_PLATE_RULES,
    *(EN_YES_NO_RULES, EN_AROUND_RULES, EN_BESIDE_RULES, EN_FORM_RULES, EN_PLACE_RULES),
)
_CHINESE = (
    *(ZH_NUMBER_RULES, ZH_MONEY_RULES, ZH_ROW_RULES, ZH_DATE_RULES, ZH_TIME_RULES),
    *(ZH_MONTH_RULES, ZH_DURATION_RULES, ZH_SPELLING_RULES, ZH_EMAIL_RULES),
    *(ZH_YES_NO_RULES, ZH_AROUND_RULES, ZH_BESIDE_RULES, ZH_FORM_RULES, ZH_PLACE_RULES),
)


@functools.cache
def answer_rules() -> Grammar:
    """Return the grammar. It is compiled when the first answer is read."""
    return compile_rules(*_ENGLISH, *_CHINESE)
