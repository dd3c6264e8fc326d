"""What the settings say of the service; secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from ivr_agi.dialogue.prompt.parts import LiveText, Text
from ivr_agi.errors import ConfigError
from ivr_agi.journal import Journal
from ivr_agi.secret import Secret
from ivr_agi.serve.wiring import (
    find_music,
    make_endpoints,
    make_slower,
    make_store,
    make_synthesis_config,
    read_token,
)
from ivr_agi.settings import (
    EndpointSettings,
    PathSettings,
    RecognitionSettings,
    Settings,
    SpeechSettings,
    SynthesisSettings,
)
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.identity import AgencyIdentity, PasswordIdentity
from ivr_agi.sis.access.signing import HttpRequest
from ivr_agi.sis.wire.messages import ErrorResponse
from tests.sis.fake import ENDED, STARTED, Peer, fake_service

if TYPE_CHECKING:
    from ivr_agi.dialogue.prompt.store import PromptStore


def test_the_token_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name that the settings give; it is in no repr."""
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    speech = SpeechSettings(url="wss://example.com", token_env="MY_TOKEN")
    (service,) = make_endpoints(Settings(speech=speech))
    assert service.token is not None
    assert service.token.reveal() == "s3cret"
    assert "s3cret" not in repr(service)


def test_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local server wants none."""
    monkeypatch.delenv("IVR_AGI_TOKEN", raising=False)
    assert make_endpoints(Settings())[0].token is None


def test_the_token_is_in_a_file(tmp_path: Path) -> None:
    """Which only its owner may read."""
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    settings = SpeechSettings(token_file=str(file))
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"token_file: others may read it: mode 0600 expected"):
        read_token(settings)
    file.chmod(0o600)
    token = read_token(settings)
    assert token is not None
    assert token.reveal() == "s3cret"
    file.unlink()
    with pytest.raises(ConfigError, match="cannot read the token: No such file"):
        read_token(settings)


def test_a_url_that_is_none() -> None:
    """Told as a mistake of configuration."""
    with pytest.raises(ConfigError, match=r"speech\.url: must be"):
        make_endpoints(Settings(speech=SpeechSettings(url="http://x")))


def test_the_voice() -> None:
    """8 kHz PCM, whatever else is set."""
    config = make_synthesis_config(SynthesisSettings(speed=100, volume=70))
    assert (config.audio_format, config.sample_rate) == ("pcm", 8000)
    assert (config.speed, config.volume) == (100, 70)


def private(tmp_path: Path, text: str) -> str:
    """Write a file that only its owner may read."""
    file = tmp_path / "credentials.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return str(file)


def test_endpoints_in_their_order() -> None:
    """What an endpoint leaves out is as in [speech]; only the last one may take its time."""
    speech = SpeechSettings(
        url="wss://sis-ext.cn-north-4.myhuaweicloud.com",
        project_id="p1",
        failover_s=1.0,
        enterprise_project_id="ep",
        endpoints=[
            EndpointSettings(url="wss://sis-ext.cn-east-3.myhuaweicloud.com", project_id="p2"),
            EndpointSettings(url="ws://127.0.0.1:8765", auth="none"),
        ],
    )
    services = make_endpoints(Settings(speech=speech))
    assert [(service.host, service.project_id) for service in services] == [
        ("sis-ext.cn-north-4.myhuaweicloud.com", "p1"),
        ("sis-ext.cn-east-3.myhuaweicloud.com", "p2"),
        ("127.0.0.1:8765", "p1"),
    ]
    assert [service.connect_timeout_s for service in services] == [1.0, 1.0, 3.0]
    assert [service.answer_timeout_s for service in services] == [1.0, 1.0, 5.0]
    assert {service.enterprise_project_id for service in services} == {"ep"}


def test_an_endpoint_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's token is not for everybody."""
    monkeypatch.setenv("IVR_AGI_TOKEN", "s3cret")
    local = EndpointSettings(url="ws://127.0.0.1:8765", auth="none")
    first, second = make_endpoints(Settings(speech=SpeechSettings(endpoints=[local])))
    assert first.token is not None
    assert second.token is None


def test_a_mistake_in_an_endpoint() -> None:
    """It is told with its place in the list."""
    speech = SpeechSettings(endpoints=[EndpointSettings(url="http://x")])
    with pytest.raises(ConfigError, match=r"speech\.endpoints\[0\]\.url: must be"):
        make_endpoints(Settings(speech=speech))


async def test_an_access_key_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Temporary keys included."""
    for name in ("ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN"):
        monkeypatch.setenv(f"IVR_AGI_{name}", f"s3cret-{name}")
    settings = Settings(
        speech=SpeechSettings(url="wss://h", auth="key"), paths=PathSettings(spool=str(tmp_path))
    )
    (service,) = make_endpoints(settings)
    assert service.identity is not None
    headers = await service.identity.headers(
        HttpRequest("GET", "h", "/v1"), project_id="p", url="wss://h"
    )
    assert headers["Authorization"].startswith("SDK-HMAC-SHA256 Access=s3cret-ACCESS_KEY,")
    assert headers["X-Security-Token"] == "s3cret-SECURITY_TOKEN"
    assert "s3cret-SECRET" not in repr(service)


def test_a_password_from_a_file(tmp_path: Path) -> None:
    """IAM and the project follow from the region in the host."""
    file = private(tmp_path, 'user = "ann"\npassword = "s3cret"\ndomain = "acme"\n')
    url = "wss://sis-ext.cn-east-3.myhuaweicloud.com"
    speech = SpeechSettings(url=url, auth="password", credentials_file=file)
    (service,) = make_endpoints(Settings(speech=speech, paths=PathSettings(spool=str(tmp_path))))
    assert isinstance(service.identity, PasswordIdentity)
    assert service.identity.name == "user acme/ann in cn-east-3"
    assert "s3cret" not in repr(service)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('user = "ann"\ndomain = "acme"', "needs password: set IVR_AGI_PASSWORD or"),
        ('password = "s3cret', "is not TOML"),
    ],
)
def test_mistakes_in_the_file_of_credentials(tmp_path: Path, text: str, expected: str) -> None:
    """Named, without what is in it."""
    file = private(tmp_path, text)
    speech = SpeechSettings(auth="password", credentials_file=file)
    with pytest.raises(ConfigError, match=expected) as caught:
        make_endpoints(Settings(speech=speech))
    assert "s3cret" not in str(caught.value)
    Path(file).chmod(0o640)
    with pytest.raises(ConfigError, match="credentials_file: others may read it"):
        make_endpoints(Settings(speech=speech))


def test_a_password_needs_a_region(tmp_path: Path) -> None:
    """A token is good for one project only."""
    file = private(tmp_path, 'user = "ann"\npassword = "s3cret"\ndomain = "acme"\n')
    speech = SpeechSettings(url="wss://h", auth="password", credentials_file=file)
    with pytest.raises(ConfigError, match=r"speech\.auth: tokens are fetched for the region"):
        make_endpoints(Settings(speech=speech))


def test_a_file_is_read_once_and_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call asks for the token."""
    speech = SpeechSettings(token_file=private(tmp_path, "first"))
    reads: list[Path] = []
    read_text = Path.read_text

    def note(file: Path, *args: str, **options: str) -> str:
        reads.append(file)
        return read_text(file, *args, **options)

    monkeypatch.setattr(Path, "read_text", note)
    for _ in range(3):
        assert read_token(speech) == Secret("first")
    assert len(reads) == 1
    private(tmp_path, "second one")
    for _ in range(3):
        assert read_token(speech) == Secret("second one")
    assert len(reads) == 2


async def test_music_on_hold(tmp_path: Path) -> None:
    """The first file beside Asterisk's sounds, as a recording; looked for once."""
    settings = Settings(paths=PathSettings(sounds=str(tmp_path / "sounds")))
    assert await find_music(settings) == ""
    music = tmp_path / "b" / "moh"
    await asyncio.to_thread(music.mkdir, parents=True)
    for name in ("b.wav", "a.wav", "0.txt"):
        await asyncio.to_thread((music / name).write_bytes, b"")
    settings = Settings(paths=PathSettings(sounds=str(tmp_path / "b" / "sounds")))
    assert await find_music(settings) == str(music / "a")
    await asyncio.to_thread((music / "a.wav").unlink)
    assert await find_music(settings) == str(music / "a")


@pytest.mark.parametrize(
    ("url", "min_score", "has_scores"),
    [
        ("ws://127.0.0.1:8765", "auto", True),
        ("wss://sis-ext.cn-north-4.myhuaweicloud.com", "auto", False),
        ("wss://sis-ext.cn-north-4.myhuaweicloud.com", 0.4, True),
    ],
)
def test_whose_scores_count(url: str, min_score: float, has_scores: bool) -> None:
    """The vendor says not to rely on its own, unless the settings name a score."""
    settings = Settings(
        speech=SpeechSettings(url=url, auth="none"),
        recognition=RecognitionSettings(min_score=min_score),
    )
    assert make_endpoints(settings)[0].has_scores is has_scores


def test_pings_and_an_agency(tmp_path: Path) -> None:
    """The interval is a setting; a machine of the vendor's needs no secret in any file."""
    speech = SpeechSettings(
        url="wss://sis-ext.cn-north-4.myhuaweicloud.com", auth="agency", ping_interval_s=20.0
    )
    (endpoint,) = make_endpoints(Settings(speech=speech, base=tmp_path))
    assert endpoint.ping_interval_s == 20.0
    assert isinstance(endpoint.identity, AgencyIdentity)


class _Voices:
    """A service with RTTS and, if it may, streaming: which one spoke what."""

    def __init__(self, *, streams: bool = True) -> None:
        self.said: list[tuple[str, str, int, str]] = []
        self.streams = streams

    async def __call__(self, peer: Peer) -> None:
        start = json.loads(await peer.socket.recv())
        config = start["config"]
        if peer.path.endswith("rtts"):
            rate = int(config["sample_rate"])
            self.said.append(("rtts", config["property"], rate, start["text"]))
            await peer.say(STARTED, bytes(rate // 5), ENDED)
        elif not self.streams:
            await peer.say(ErrorResponse(error_code="SIS.0411", error_msg="no such voice"))
        else:
            await peer.say(STARTED)
            text = ""
            while (message := json.loads(await peer.socket.recv()))["command"] == "MSG":
                text += message["text"]
                await peer.say(bytes(800))
            self.said.append(("streaming", config["voice_name"], int(config["sample_rate"]), text))
            await peer.say(ENDED)
        await peer.socket.wait_closed()


async def say(
    endpoint: Endpoint, tmp_path: Path, prompt: Text, synthesis: SynthesisSettings
) -> int:
    """Say a prompt as a call does; give the samples of its file."""
    settings = Settings(synthesis=synthesis, paths=PathSettings(spool=str(tmp_path)))
    store = make_store(settings, [endpoint], Journal())
    try:
        file = store.open(prompt)
        while not file.complete:
            await file.wait_for(file.n_samples + 1)
        return file.n_samples
    finally:
        await store.close()


async def pieces() -> AsyncIterator[str]:
    """A text that somebody writes."""
    for piece in ("你好", "。今天", "很好。"):
        await asyncio.sleep(0.05)
        yield piece


STREAMING = SynthesisSettings(property="chinese_xiaoyan_common", voice_name="my_voice")
PLAIN = SynthesisSettings(property="chinese_xiaoyan_common")


@pytest.mark.parametrize(
    ("synthesis", "streams", "expected"),
    [
        (STREAMING, True, [("streaming", "my_voice", 8000, "你好。今天很好。")]),
        (
            STREAMING,
            False,
            [
                ("rtts", "chinese_xiaoyan_common", 8000, "你好。"),
                ("rtts", "chinese_xiaoyan_common", 8000, "今天很好。"),
            ],
        ),
        (
            PLAIN,
            True,
            [
                ("rtts", "chinese_xiaoyan_common", 8000, "你好。"),
                ("rtts", "chinese_xiaoyan_common", 8000, "今天很好。"),
            ],
        ),
    ],
)
async def test_text_that_arrives_in_pieces(
    tmp_path: Path,
    synthesis: SynthesisSettings,
    streams: bool,
    expected: list[tuple[str, str, int, str]],
) -> None:
    """A voice of the large model gets it as it comes; without one, sentences are spoken."""
    service = _Voices(streams=streams)
    async with fake_service(service) as endpoint:
        assert await say(endpoint, tmp_path, LiveText("", pieces=pieces()), synthesis)
    assert service.said == expected


async def test_a_voice_with_one_rate_only(tmp_path: Path) -> None:
    """It speaks at 16 kHz, and the line hears 8."""
    service = _Voices()
    async with fake_service(service) as endpoint:
        voice = SynthesisSettings(property="chinese_huaxiaolong_common")
        n_samples = await say(endpoint, tmp_path, Text("你好"), voice)
    assert service.said == [("rtts", "chinese_huaxiaolong_common", 16000, "你好")]
    assert n_samples == 800


async def test_a_whole_text_with_a_voice_of_the_large_model(tmp_path: Path) -> None:
    """Markup is left out: it takes none. Nothing to say is no failure."""
    service = _Voices()

    async def nothing() -> AsyncIterator[str]:
        return
        yield

    async with fake_service(service) as endpoint:
        assert await say(endpoint, tmp_path, Text("<speak>你好</speak>"), STREAMING)
        assert await say(endpoint, tmp_path, LiveText("", pieces=nothing()), STREAMING) == 160
    assert [text for *_, text in service.said] == ["你好"]


@pytest.mark.parametrize(("speed", "slower"), [(0, -200), (500, 300), (-400, -500)])
def test_a_slower_voice(speed: int, slower: int) -> None:
    """A fifth less, and no less than the service can."""
    config = make_synthesis_config(SynthesisSettings(speed=speed))
    store = SimpleNamespace(config=config)
    make_slower(cast("PromptStore", store))
    assert store.config.speed == slower
