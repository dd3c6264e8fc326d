"""What Huawei Cloud SIS offers: regions, recognition models, voices, and limits of hot words.

Core, no I/O: data. The settings, ``ivr-agi doctor``, the lint of flows, the local speech server and
``docs/reference/sis-catalogue.md`` (``make docs``) all take it from here.

Each entry names its source: a section of ``sis-protocol.md``, or a page of the vendor's
(``sis_03_0030``). The vendor has more than its pages print: what is not listed here is not refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "HOT_WORD_TABLES",
    "HOT_WORD_TABLES_BEFORE",
    "HOT_WORD_CHARACTERS",
    "MODELS",
    "REGIONS",
    "SHORT_TEXT",
    "STREAMING_CHARACTERS",
    "STREAMING_TEXT",
    "VENDOR_VOICES",
    "RecognitionModel",
    "Region",
    "VendorVoice",
    "check_model",
    "check_voice",
    "model_language",
    "model_rate_hz",
    "models_of",
    "region_of",
    "table_language",
    "vendor_voice",
    "voices_of",
)


@dataclass(frozen=True, kw_only=True)
class Region:
    """One region of the vendor's."""

    name: str
    """Part of every host name, e.g. ``cn-north-4``."""
    place: str
    is_international: bool = False
    """Its pages lack ``digit_norm`` and ``need_word_info``."""
    source: str

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"wss://sis-ext.{self.name}.myhuaweicloud.com"


REGIONS: Mapping[str, Region] = {
    region.name: region
    for region in (
        Region(name="cn-north-4", place="Beijing", source="sis_03_0004"),
        Region(name="cn-east-3", place="Shanghai", source="sis_03_0004"),
        Region(
            name="ap-southeast-3",
            place="Singapore",
            is_international=True,
            source="international sis_01_0008",
        ),
        Region(
            name="me-east-1",
            place="Riyadh",
            is_international=True,
            source="international sis_01_0008",
        ),
    )
}
"""By name. An endpoint elsewhere is not checked."""

_CHINA = ("cn-north-4", "cn-east-3")
_ABROAD = ("ap-southeast-3", "me-east-1")
_HOST = re.compile(r"wss?://sis-ext\.([a-z0-9-]+)\.myhuaweicloud\.(?:com|cn)(?::\d+)?(?:/|$)")


def region_of(url: str) -> str:
    """Return the region that an endpoint of the vendor's is in; empty for any other service."""
    found = _HOST.match(url)
    return found[1] if found else ""


# --- Recognition -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RecognitionModel:
    """One recognition model."""

    property: str
    """Value of ``property``: ``{language}_{rate}_{domain}``."""
    regions: tuple[str, ...]
    """Where real-time recognition has it; empty: nowhere, only other APIs do."""
    note: str = ""
    source: str


def _models(
    names: str, regions: tuple[str, ...], source: str, note: str = ""
) -> dict[str, RecognitionModel]:
    return {
        name: RecognitionModel(property=name, regions=regions, note=note, source=source)
        for name in names.split()
    }


MODELS: Mapping[str, RecognitionModel] = {
    **_models(
        "chinese_8k_general chinese_16k_general",
        (*_CHINA, *_ABROAD),
        "sis_03_0030; international sis_01_0008",
        "recommended by the vendor; takes hot words 3.0",
    ),
    **_models("chinese_8k_common chinese_16k_common", _CHINA, "sis_03_0030", "older"),
    **_models(
        "sichuan_16k_common cantonese_16k_common shanghai_16k_common",
        ("cn-north-4",),
        "sis_03_0030",
        "dialect",
    ),
    **_models("chinese_16k_court chinese_16k_it", ("cn-north-4",), "sis_03_0030 of 2021"),
    **_models(
        "english_16k_general",
        ("cn-north-4", *_ABROAD),
        "sis_03_0030; international sis_01_0008; users in ap-southeast-3",
    ),
    **_models("arabic_16k_general", _ABROAD, "international sis_01_0008"),
    **_models("arabic_8k_general", _ABROAD, "a list of a public user"),
    **_models(
        "chinese_16k_conversation chinese_16k_travel english_8k_common english_16k_common",
        (),
        "a list of a public user",
        "only for short audio",
    ),
    **_models(
        "chinese_16k_media sichuan_8k_common", (), "a list of a public user", "only for files"
    ),
}
"""By ``property``."""

_PROPERTY = re.compile(r"[a-z]+_(8|16)k_[a-z0-9_]+")


def model_rate_hz(property_: str) -> int | None:
    """Return the sample rate in a recognition model's name: 8000 for ``chinese_8k_general``."""
    rate = re.search(r"_(8|16)k_", property_)
    return int(rate[1]) * 1000 if rate else None


def model_language(property_: str) -> str:
    """Return the language of a model or a voice: ``english`` of ``english_16k_general``."""
    return property_.partition("_")[0]


def check_model(property_: str, url: str) -> str:
    """Return why a service cannot recognise with a model; empty: nothing is known against it.

    Args:
        property_: The model.
        url: The service. Models are checked by region where it is one of the vendor's.
    """
    if not _PROPERTY.fullmatch(property_):
        return f"must be {{language}}_{{8k or 16k}}_{{domain}}, got {property_!r}"
    region, model = region_of(url), MODELS.get(property_)
    if not region or model is None:
        return ""
    if not model.regions:
        return f"{property_} is {model.note}, not for calls: {_instead(property_, region)}"
    if region in REGIONS and region not in model.regions:
        return f"{property_} is not in {region}: {_instead(property_, region)}"
    return ""


def _instead(property_: str, region: str) -> str:
    language = model_language(property_)
    there = models_of(language, region)
    return f"it has {', '.join(there)}" if there else f"it has no model for {language}"


# --- Hot words ---------------------------------------------------------------------------------

HOT_WORD_TABLES = 100
"""Tables of a project since hot words 3.0 (the vendor's blog 420579)."""
HOT_WORD_TABLES_BEFORE = 10
"""The same before (the page of the SDK, ``sis-protocol.md`` 13)."""
HOT_WORD_CHARACTERS: Mapping[str, int] = {"chinese_mandarin": 32, "english": 64}
"""Longest word by the table's language (usermanual-sis sis_09_0005)."""


def table_language(property_: str) -> str:
    """Return the language of a table that a model takes: in another one it has no effect."""
    return "english" if model_language(property_) == "english" else "chinese_mandarin"


# --- Synthesis ---------------------------------------------------------------------------------

SHORT_TEXT = 499
"""Characters of one text that every voice takes. Older documents say "less than 500", newer ones
"at most 500": our client sends 499, our server takes 500."""
_LONG_TEXT = 10_000
STREAMING_TEXT = 300
"""Most characters of one message of streaming synthesis (sis_03_0172)."""
STREAMING_CHARACTERS = 100_000
"""Most characters of one session of it (sis_03_0158)."""


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
    rates_hz: tuple[int, ...] = (8000, 16000)
    """Sample rates that it speaks with."""
    regions: tuple[str, ...] = ()
    """Where it is; empty: unknown."""
    is_streaming: bool = False
    """A voice of the large model: ``synthesis.voice_name``, not ``property``."""
    source: str = ""


def _voices(
    language: str,
    names: str,
    source: str,
    regions: tuple[str, ...] = _CHINA,
    *,
    unit: int = 50,
    long: bool = False,
    ssml: bool = False,
    rates_hz: tuple[int, ...] = (8000, 16000),
    streaming: bool = False,
) -> dict[str, VendorVoice]:
    return {
        name: VendorVoice(
            language=language,
            name=name,
            unit=unit,
            max_characters=STREAMING_TEXT if streaming else _LONG_TEXT if long else SHORT_TEXT,
            takes_ssml=ssml,
            rates_hz=rates_hz,
            regions=regions,
            is_streaming=streaming,
            source=source,
        )
        for name in names.split()
    }


VENDOR_VOICES: Mapping[str, VendorVoice] = {
    **_voices(
        "chinese",
        """xiaoqi xiaowen xiaoyu xiaoxia xiaoyan xiaoqian xiaowang xiaojing xiaosong xiaodai""",
        "list of the SDK",
        unit=100,
    ),
    **_voices("english", "cameal", "list of the SDK", unit=100),
    **_voices(
        "chinese",
        """huaxiaoxia huaxiaogang huaxiaolu huaxiaoshu huaxiaowei huaxiaoliang huaxiaodong
        huaxiaoyan huaxiaoxuan huaxiaowen huaxiaoyang huaxiaoru huaxiaohan huaxiaoning
        huaxiaozhen huaxiaoman huaxiaofang huaxiaojun""",
        "list of the SDK",
    ),
    **_voices("chinese", "huaxiaomin", "sis_03_0115", ssml=True),
    **_voices(
        "chinese",
        """huaxiaofei huaxiaomei huaxiaohe huaxiaoye huaxiaoxue huaxiaojiao huaxiaohui
        huaxiaokang huaxiaokun huaxiaoquan""",
        "sis_03_0115, sis_03_0123",
        long=True,
        ssml=True,
    ),
    **_voices(
        "chinese",
        "huaxiaolong huaxiaorui",
        "sis_03_0115, sis_03_0123",
        long=True,
        ssml=True,
        rates_hz=(16000,),
    ),
    **_voices("english", "alvin amy", "sis_03_0115", long=True),
    # Also arabic_dh_male and arabic_dh_female.
    **_voices("english", "dh_male dh_female", "international sis_03_0115", _ABROAD, long=True),
    **_voices(
        "chinese",
        """huaxiaoli huaxiaozhi huaxiaotian huaxiaoyuan huaxiaojing huaxiaobo huaxiaorou
        huaxiaoyou huaxiaoqing huaxiaoxi huaxiaotong huaxiaoya huaxiaoshuai huaxiaojie""",
        "sis_03_0172; only in Shanghai: sis_05_0104",
        ("cn-east-3",),
        rates_hz=(8000, 16000, 24000),
        streaming=True,
    ),
}
"""By the speaker's name. The vendor has more; unknown voices count as premium."""


def vendor_voice(property_: str) -> VendorVoice:
    """Return the voice of e.g. ``chinese_xiaoyan_common``; one that is not listed is premium."""
    language, _, rest = property_.partition("_")
    names = (rest.removesuffix("_common"), rest.partition("_")[0])
    found = next((VENDOR_VOICES[name] for name in names if name in VENDOR_VOICES), None)
    if found is None:
        return VendorVoice(language=language, name=names[1])
    return found


def check_voice(property_: str, url: str) -> str:
    """Return why a service cannot speak with a voice; arguments as :func:`check_model`."""
    if not re.fullmatch(r"[a-z]+_[A-Za-z0-9_]+", property_):
        return f"must be {{language}}_{{speaker}}_{{domain}}, got {property_!r}"
    region, voice = region_of(url), vendor_voice(property_)
    if not region or not voice.regions or region not in REGIONS or region in voice.regions:
        return ""
    language = model_language(property_)
    there = voices_of(language, region)
    if not there:
        return f"{property_} is not in {region}, which has no voice for {language}"
    return f"{property_} is not in {region}: it has {', '.join(there[:4])}"


def voices_of(language: str, region: str) -> list[str]:
    """Return the voices of a language in a region, without those of the large model."""
    return [
        f"{language}_{voice.name}{'' if voice.name.startswith('dh_') else '_common'}"
        for voice in VENDOR_VOICES.values()
        if region in voice.regions
        and not voice.is_streaming
        and (voice.language == language or (language == "arabic" and voice.name[:3] == "dh_"))
    ]


def models_of(language: str, region: str) -> list[str]:
    """Return the models of a language in a region, the recommended ones first."""
    return [
        model.property
        for model in MODELS.values()
        if region in model.regions and model_language(model.property) == language
    ]
