"""Cases of what the vendor's users meet (docs/reference/sis-rows.md), with the page of each.

They hold for an account in any region, and for the local server as that region. What a region does
not have, it must refuse.
"""

from __future__ import annotations

import asyncio
import uuid

import pytest
from websockets.exceptions import InvalidStatus

from ivr_agi.catalogue import (
    REGIONS,
    check_model,
    check_voice,
    model_rate_hz,
    table_language,
)
from ivr_agi.sis.wire.hot_words import as_hot_words
from tests.sis.conformance.case import case
from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import Message


def url_of(endpoint: Endpoint) -> str:
    """The vendor's URL of the region, by which models and voices are known."""
    return REGIONS[endpoint.region].url if endpoint.region in REGIONS else ""


def plain(endpoint: Endpoint, model: str, **changes: object) -> Message:
    """A configuration with what every region knows."""
    audio_format = f"pcm{(model_rate_hz(model) or 8000) // 1000}k16bit"
    return {"audio_format": audio_format, "property": model, **changes}


@case("S1", "sentence")
async def models_of_either_rate(endpoint: Endpoint, path: str) -> None:
    """Each takes audio of its own rate (sis_03_0030), and no other (SIS.0301)."""
    for model in (endpoint.model, endpoint.model_16k):
        if "arabic" in model:
            continue  # our own server has no engine for it
        async with endpoint.connect(path) as peer:
            answer = await peer.start(plain(endpoint, model))
            assert answer["resp_type"] == "START", answer
            await peer.end(cancel=True)
        async with endpoint.connect(path) as peer:
            other = "pcm8k16bit" if "_16k_" in model else "pcm16k16bit"
            refused = await peer.start(plain(endpoint, model, audio_format=other))
            assert refused["error_code"] == "SIS.0301", refused


@case("S1", "sentence")
async def models_that_a_region_lacks(endpoint: Endpoint, path: str) -> None:
    """They are refused, not recognised with another (sis_03_0030)."""
    lacking = [
        model
        for model in ("english_8k_common", "english_16k_general", "cantonese_16k_common")
        if url_of(endpoint) and check_model(model, url_of(endpoint))
    ]
    for model in lacking:
        async with endpoint.connect(path) as peer:
            answer = await peer.start(plain(endpoint, model))
            assert answer["resp_type"] == "ERROR", (model, answer)
            assert answer["error_code"] in ("SIS.0031", "SIS.0032", "SIS.0301"), answer


async def make_table(endpoint: Endpoint, *words: str, language: str = "") -> tuple[int, Message]:
    """Make a table of a new name."""
    body = {
        "name": f"conformance_{uuid.uuid4().hex[:12]}",
        "language": language or table_language(endpoint.model),
        "contents": list(words),
    }
    return await endpoint.rest("POST", "asr/vocabularies", body)


@case("S3", "tables")
async def words_by_the_rules(endpoint: Endpoint, path: str) -> None:
    """Digits as numerals, English in capitals are taken (usermanual-sis sis_09_0005)."""
    words = as_hot_words(
        ["12345服务热线", "5G套餐", "Eiffel铁塔", "account balance"], "chinese_mandarin"
    )
    assert not words.left_out
    status, made = await make_table(endpoint, *words.words, language="chinese_mandarin")
    assert status < 300, made
    status, _ = await endpoint.rest("DELETE", f"{path}/{made['vocabulary_id']}")
    assert status < 300


@case("S3", "tables")
async def words_against_the_rules(endpoint: Endpoint, path: str) -> None:
    """Digits, small letters and signs are refused, where the service is the vendor's."""
    for word in ("12345服务热线", "Eiffel铁塔", "退款。"):
        status, answer = await make_table(endpoint, word, language="chinese_mandarin")
        if endpoint.region:
            assert (status, answer["error_code"]) == (400, "SIS.0203"), word
        else:
            await endpoint.rest("DELETE", f"{path}/{answer['vocabulary_id']}")


@case("S4", "sentence")
async def a_table_of_another_language(endpoint: Endpoint, path: str) -> None:
    """It is taken and has no effect (sis_09_0005): START with it is no error."""
    if "arabic" in endpoint.model:
        return
    english = table_language(endpoint.model_16k) == "english"
    other = "chinese_mandarin" if english else "english"
    word = "余额" if english else "BALANCE"
    status, made = await make_table(endpoint, word, language=other)
    assert status < 300, made
    await asyncio.sleep(0.1 * endpoint.pace)
    async with endpoint.connect(path) as peer:
        config = plain(endpoint, endpoint.model_16k, vocabulary_id=made["vocabulary_id"])
        answer = await peer.start(config)
        assert answer["resp_type"] == "START", answer
        await peer.end(cancel=True)
    await endpoint.rest("DELETE", f"asr/vocabularies/{made['vocabulary_id']}")


@case("S5", "tables")
async def weights_and_replacements(endpoint: Endpoint, path: str) -> None:
    """Hot words 3.0 (the vendor's blog 420579): ``词/1..10`` and ``谐音=词``."""
    status, made = await make_table(
        endpoint, "雇工/8", "龙行大大=龙行龘龘", language="chinese_mandarin"
    )
    assert status < 300, made
    await endpoint.rest("DELETE", f"{path}/{made['vocabulary_id']}")


@case("S9", "sentence", "rtts")
async def pings_at_the_vendors_own_pace(endpoint: Endpoint, path: str) -> None:
    """Its SDKs ping every 5 s, and wait 4 s for the pong (FAQ; SDK)."""
    async with endpoint.connect(path) as peer:
        pong = await peer.socket.ping()
        assert await pong < 4


@case("S10", "sentence")
async def start_with_what_every_region_knows(endpoint: Endpoint, path: str) -> None:
    """Without ``digit_norm`` and ``need_word_info``, which the international pages lack."""
    model = endpoint.model_16k
    async with endpoint.connect(path) as peer:
        full = plain(endpoint, model, digit_norm="yes", need_word_info="no")
        answer = await peer.start(full)
        if answer["resp_type"] == "ERROR":
            assert answer["error_code"] in ("SIS.0031", "SIS.0032"), answer
            answer = await peer.start(plain(endpoint, model))
        assert answer["resp_type"] == "START", answer
        await peer.end(cancel=True)


def has_streaming(endpoint: Endpoint) -> bool:
    """Only Shanghai has it (sis_05_0104); our own server without a region, too."""
    return endpoint.region in ("", "cn-east-3")


@case("S11", "streaming")
async def text_in_pieces(endpoint: Endpoint, path: str) -> None:
    """A sentence is spoken while the stream is open (sis_03_0158, 0161, 0162, 0172)."""
    if not has_streaming(endpoint):
        with pytest.raises(InvalidStatus) as caught:
            async with endpoint.connect(path):
                pass
        assert caught.value.response.status_code == 404
        return
    voice = {"voice_name": endpoint.streaming_voice, "sample_rate": "8000"}
    async with endpoint.connect(path) as peer:
        await peer.send(command="START", config=voice)
        assert (await peer.receive() or {})["resp_type"] == "START"
        await peer.send(command="MSG", text="今天天气很好。")
        async with asyncio.timeout(endpoint.patience_s):
            first = await peer.socket.recv()
        assert isinstance(first, bytes)
        await peer.send(command="MSG", text="再见。")
        await peer.send(command="END")
        *_, end = await peer.until("END", "ERROR", "FATAL_ERROR")
        assert end.get("reason") == "NORMAL", end
        assert len(first) + len(peer.audio) > 8000


@case("S11", "streaming")
async def a_voice_that_there_is_not(endpoint: Endpoint, path: str) -> None:
    """An error, before any text (sis_03_0172)."""
    if not has_streaming(endpoint):
        return
    async with endpoint.connect(path) as peer:
        await peer.send(command="START", config={"voice_name": "klingon_worf_common"})
        answer = await peer.receive()
        assert answer is not None
        assert answer["resp_type"] in ("ERROR", "FATAL_ERROR")


@case("S15", "rtts")
async def voices_by_region(endpoint: Endpoint, path: str) -> None:
    """The region's own speaks, one of elsewhere is SIS.0411 (sis_03_0115, international too)."""
    elsewhere = [
        voice
        for voice in ("english_dh_female", "chinese_xiaoyan_common")
        if url_of(endpoint) and check_voice(voice, url_of(endpoint))
    ]
    for voice, code in ((endpoint.voice, ""), *((each, "SIS.0411") for each in elsewhere)):
        async with endpoint.connect(path) as peer:
            await peer.send(command="START", text=endpoint.text, config={"property": voice})
            *_, last = await peer.until("END", "ERROR", "FATAL_ERROR")
            assert last.get("error_code", "") == code, (voice, last)
