"""Built-in texts in each language. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.language.text import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.flow.file.spec import PromptSpec

__all__ = ("Phrases", "command_words", "join_texts", "phrases", "text_in")


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The texts of one language."""

    did_you_say: str
    """``{}``: what was understood."""
    did_you_say_or: str
    """Two ``{}``: best and second."""
    is_it_about: str
    """``{}``: what a sentence is probably about."""
    is_it_about_or: str
    """Two ``{}``: what it is about, one or the other."""
    speech_is_down: str
    """Said once, when speech fails and keys are used."""
    press: str
    """``{key}`` and ``{label}``."""
    read_back: str
    """``{}`` is the answer."""
    what_is_wrong: str
    """Said after a "no" to a form that was read back; ``{}``: its fields."""
    go_on: str
    """Said after part of a number."""
    enter_keys: str
    """Said after a question while keys are used."""
    one_moment: str
    """Said while a service or a function takes long."""
    review: str
    """Said after a message."""
    take_call: str
    """Asks whoever is called whether they take the call."""
    keep: tuple[str, ...]
    """Words to keep a message; below, to listen to it and to record it again."""
    listen: tuple[str, ...]
    again: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    commands: dict[str, list[str]]
    key_names: dict[str, str]
    separator: str
    list_separator: str


_ENGLISH = Phrases(
    did_you_say="Did you say {}? Say yes or no, or press 1 for yes, 2 for no.",
    did_you_say_or="Did you say {}, or {}?",
    is_it_about="Is it about {}? Say yes or no, or press 1 for yes, 2 for no.",
    is_it_about_or="Is it about {}, or about {}? Say which, or press 1 or 2.",
    speech_is_down="I cannot hear words at the moment. Please use the keys of your phone.",
    press="For {label}, press {key}.",
    read_back="I have {}. Is that right?",
    what_is_wrong="What is wrong: {}?",
    go_on="Go on.",
    enter_keys="Please use the keys, and end with the hash key.",
    one_moment="One moment, please.",
    review=(
        "To keep your message, say keep, or press 1. To hear it, say listen, or press 2. "
        "To record another one, say again, or press 3."
    ),
    take_call="To take the call, press 1. To decline it, press 2.",
    keep=("keep", "keep it", "keep the message", "send", "okay"),
    listen=("listen", "play it", "hear it"),
    again=("again", "record again", "another one"),
    yes=("yes", "yeah", "yep", "right", "correct", "that's right", "sure"),
    no=("no", "nope", "wrong", "incorrect", "not right"),
    commands={
        "help": ["help", "what can I say"],
        "repeat": ["repeat", "say that again", "repeat that", "pardon"],
        "back": ["go back", "back"],
        "slower": ["slower", "more slowly", "not so fast", "I need more time"],
        "operator": ["operator", "agent", "speak to someone", "customer service"],
    },
    key_names={"*": "star", "#": "hash"},
    separator=" ",
    list_separator=", ",
)
_CHINESE = Phrases(
    did_you_say="您是说{}吗？请说是或不是，也可以按1确认，按2重说。",
    did_you_say_or="您是说{}，还是{}？",
    is_it_about="是关于{}吗？请说是或不是，也可以按1确认，按2重说。",
    is_it_about_or="是关于{}，还是{}？请直接说，也可以按1或2。",
    speech_is_down="语音识别暂时不可用，请使用电话按键。",
    press="{label}请按{key}。",
    read_back="您说的是{}，对吗？",
    what_is_wrong="请问哪一项不对：{}？",
    go_on="请继续。",
    enter_keys="请用按键输入，以井号键结束。",
    one_moment="请稍等。",
    review="保留留言请说保留，或按1；听一遍请说试听，或按2；重新录音请说重录，或按3。",
    take_call="接听请按1，拒接请按2。",
    keep=("保留", "保存", "发送", "好的"),
    listen=("试听", "听一遍", "播放"),
    again=("重录", "重新录音", "再录一次"),
    yes=("是", "是的", "对", "对的", "没错", "正确", "好", "好的", "确认"),
    no=("不是", "不对", "不", "错", "错了", "不要", "不好"),
    commands={
        "help": ["帮助", "我可以说什么"],
        "repeat": ["重复", "再说一遍", "重说", "没听清"],
        "back": ["返回", "上一步", "返回上一级"],
        "slower": ["慢一点", "说慢一点", "太快了", "请说慢点"],
        "operator": ["人工", "人工服务", "转人工", "客服"],
    },
    key_names={"*": "星号", "#": "井号"},
    separator="",
    list_separator="、",
)


def phrases(language: str) -> Phrases:
    """Return the texts of a language: Chinese, else English."""
    known = language_of(language, default=Language.ENGLISH)
    return _CHINESE if known is Language.CHINESE else _ENGLISH


def command_words(name: str, language: str) -> list[str]:
    """Return the built-in words of a command."""
    return phrases(language).commands.get(name, [])


def text_in(prompt: PromptSpec, language: str) -> str:
    """Return the words of a prompt in a language, with its templates as they are."""
    return join_texts((part.text for part in prompt.parts(language)), language)


def join_texts(texts: Iterable[str], language: str) -> str:
    """Join texts."""
    return phrases(language).separator.join(text.strip() for text in texts if text.strip())
