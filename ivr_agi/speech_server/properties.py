"""What a SIS ``property`` means for local engines. Core: tables, no I/O.

Source: ``sis-protocol.md`` 5 (recognition models) and 10 (voices).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ("Model", "Speaker", "recognition_model", "speaker")

LANGUAGES = {"english": "en-us", "chinese": "cmn"}
"""First part of a property and the engines' name for the language."""

_MODEL = re.compile(
    r"(english|chinese)_(8|16)k_(common|general|conversation|court|it|media|travel)"
)

CHINESE_SPEAKERS = frozenset(
    """xiaoqi xiaowen xiaoyu xiaoxia xiaoyan xiaoqian xiaowang xiaojing xiaosong xiaodai huaxiaoxia
    huaxiaogang huaxiaolu huaxiaoshu huaxiaowei huaxiaoliang huaxiaodong huaxiaoyan huaxiaoxuan
    huaxiaowen huaxiaoyang huaxiaomin huaxiaoru huaxiaohan huaxiaoning huaxiaozhen huaxiaoman
    huaxiaofang huaxiaojun huaxiaofei huaxiaomei huaxiaohe huaxiaoye huaxiaoxue huaxiaojiao
    huaxiaohui huaxiaokang huaxiaokun huaxiaoquan huaxiaolong huaxiaorui""".split()
)
SPEAKERS = {
    "chinese": CHINESE_SPEAKERS,
    "english": frozenset({"cameal", "alvin", "amy", "dh_male", "dh_female"}),
}


class Model(NamedTuple):
    """A recognition model."""

    language: str
    """``en-us`` or ``cmn``."""
    rate_hz: int
    """Sample rate that goes with it."""


class Speaker(NamedTuple):
    """A voice."""

    language: str
    """``en-us`` or ``cmn``."""
    name: str
    """E.g. ``xiaoyan``."""


def recognition_model(property_: str) -> Model | None:
    """The model of e.g. ``english_8k_common``; None: there is no such model here."""
    match = _MODEL.fullmatch(property_)
    return Model(LANGUAGES[match[1]], int(match[2]) * 1000) if match else None


def speaker(property_: str) -> Speaker | None:
    """The voice of e.g. ``chinese_xiaoyan_common``; None: SIS has no such voice (SIS.0411)."""
    language, _, rest = property_.partition("_")
    name = rest.removesuffix("_common")
    return Speaker(LANGUAGES[language], name) if name in SPEAKERS.get(language, ()) else None
