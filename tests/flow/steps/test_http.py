"""Requests of a flow, and what becomes of slow, broken and missing answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from ivr_agi.dialogue.prompt.parts import LiveText, Prompt, Recording
from ivr_agi.errors import FlowError, RequestFailed
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.rehearsal.virtual import run_virtually
from tests.flow.conversation import Caller, converse

FLOW = """\
start: q
variables: {city: "Kiel/../x?y=1", word: "{{ 7 * 7 }}"}
steps:
  q:
    do: http
    url: "https://example.com/{{ city }}"
    json: {text: "{{ word }}", n: 1}
    headers: {X-Key: {env: FLOW_TEST_KEY, prefix: "Bearer "}, X-Plain: a}
    save: {balance: data.0.balance, all: .}
    filler: One moment
    filler_after_s: 1
    timeout_s: 3
    go: end
    error: sorry
    %s
  end: {do: hangup, prompt: "{{ balance }}"}
  sorry: {do: hangup, prompt: sorry}
"""


class Service:
    """Answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[FlowRequest] = []

    async def fetch(self, request: FlowRequest) -> Any:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


GOOD = {"data": [{"balance": 12}]}


def run(service: Service, more: str = "method: GET") -> list[str]:
    """Run the flow, in virtual time, and return what was said."""
    _, caller = run_virtually(converse(FLOW % more, outside=Outside(fetch=service.fetch)))
    return caller.said


def test_an_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request has its secrets; data never become a path or a template."""
    monkeypatch.setenv("FLOW_TEST_KEY", "s3cret")
    service = Service(GOOD)
    assert run(service) == ["12"]
    request = service.requests[0]
    assert request.url == "https://example.com/Kiel%2F..%2Fx%3Fy%3D1"
    assert request.headers["X-Key"] == "Bearer s3cret"
    assert request.body == b'{"text":"{{ 7 * 7 }}","n":1}'


def test_each_try_is_a_span_of_the_trace() -> None:
    """The header that it had is in the journal; a header of the step's own stays."""
    service, numbers = Service(OSError("gone"), GOOD), iter("12")
    outside = Outside(fetch=service.fetch, traceparent=lambda: f"00-a-{next(numbers)}-01")
    _, caller = run_virtually(converse(FLOW % "method: GET", outside=outside))
    sent = [request.headers["traceparent"] for request in service.requests]
    assert sent == ["00-a-1-01", "00-a-2-01"]
    noted = [event.data["traceparent"] for event in caller.events if event.event == "http"]
    assert noted == sent
    own = Service(GOOD)
    outside = Outside(fetch=own.fetch, traceparent=lambda: "00-a-3-01")
    flow = (FLOW % "method: GET").replace("X-Plain: a", "Traceparent: mine")
    run_virtually(converse(flow, outside=outside))
    assert {name.lower(): value for name, value in own.requests[0].headers.items()}[
        "traceparent"
    ] == "mine"


@pytest.mark.parametrize(
    "answer", [OSError("gone"), ValueError("no JSON"), {"data": []}, {"data": 3}, None]
)
def test_a_bad_answer_is_tried_again(answer: Any) -> None:
    """Once, then the error's way."""
    assert run(Service(answer, GOOD)) == ["12"]
    assert run(Service(answer, answer)) == ["sorry"]


def test_what_may_not_happen_twice_is_sent_once() -> None:
    """Only a GET, or what the flow says is safe."""
    assert run(Service(OSError()), "method: POST") == ["sorry"]
    assert run(Service(OSError(), GOOD), "method: POST\n    retry_safe: true") == ["12"]


def test_a_slow_answer_has_a_filler() -> None:
    """Said again and again, over all tries; too slow is no answer."""
    assert run(Service(2.0, GOOD)) == ["One moment", "12"]
    assert run(Service(5.0, 5.0), "retries: 1") == ["One moment", "One moment", "sorry"]


def test_an_answer_that_is_nested_too_deeply() -> None:
    """C11: the step's error way, however deep the decoder can go."""
    deep: Any = 1
    for _ in range(500):
        deep = {"x": [deep]}
    answer = {"data": [{"balance": deep}]}
    assert run(Service(answer, answer)) == ["sorry"]


def test_the_filler_is_there_by_default() -> None:
    """W14: from 1.5 s on, words of ours where there is no music, again and again."""
    flow = (FLOW % "method: POST").replace("    filler: One moment\n    filler_after_s: 1\n", "")
    flow = flow.replace("timeout_s: 3", "timeout_s: 20")
    service = Service(11.0, GOOD)
    _, caller = run_virtually(converse(flow, outside=Outside(fetch=service.fetch)))
    assert caller.said == ["One moment, please."] * 3 + ["12"]


def test_music_on_hold() -> None:
    """C4: where the installation has it; words after a while."""
    flow = (FLOW % "method: POST").replace("    filler: One moment\n    filler_after_s: 1\n", "")
    flow = flow.replace("timeout_s: 3", "timeout_s: 60")
    service = Service(30.0, GOOD)

    async def find_music() -> str:
        return "/moh/a"

    class Listening(Caller):
        async def say(self, prompt: Prompt) -> None:
            await super().say(prompt)
            if isinstance(prompt, Recording):
                await asyncio.sleep(100)

    outside = Outside(fetch=service.fetch, find_music=find_music)
    _, caller = run_virtually(converse(flow, outside=outside, caller=Listening()))
    assert caller.said == ["file /moh/a", "One moment, please.", "file /moh/a", "12"]


def test_no_try_after_a_hang_up() -> None:
    """W4: a retry is a new request."""
    service = Service(OSError(), GOOD)
    outside = Outside(fetch=service.fetch, has_hung_up=lambda: bool(service.requests))
    result, caller = run_virtually(converse(FLOW % "", outside=outside))
    assert (result.status, len(service.requests), caller.said) == (Status.HANGUP, 1, [])


def test_a_service_that_cannot_even_be_given_up() -> None:
    """Giving up takes longer than all tries may: the way of errors all the same."""

    async def fetch(request: FlowRequest) -> Any:
        try:
            await asyncio.sleep(99)
        except asyncio.CancelledError:
            await asyncio.sleep(2)
            raise

    _, caller = run_virtually(converse(FLOW % "method: GET", outside=Outside(fetch=fetch)))
    assert caller.said[-1] == "sorry"


SAY = """\
start: q
steps:
  q:
    do: http
    url: "https://example.com/"
    say: true
    save: {told: .}
    filler: One moment
    filler_after_s: 1
    timeout_s: 3
    go: end
    error: sorry
  end: {do: hangup, prompt: "told: {{ told }}"}
  sorry: {do: hangup, prompt: "sorry, after: {{ told }}"}
"""


class LiveCaller(Caller):
    """Hears a text to its end while it is still being written."""

    async def say(self, prompt: Prompt) -> None:
        """Note the pieces."""
        if isinstance(prompt, LiveText):
            self.said.append(" | ".join([piece async for piece in prompt.pieces]))
        else:
            await super().say(prompt)


def say(*pieces: str | float | Exception, flow: str = SAY) -> list[str]:
    """Run a flow whose service writes this, with pauses; give what was said."""
    requests: list[FlowRequest] = []

    async def stream(request: FlowRequest) -> AsyncGenerator[str]:
        requests.append(request)
        for piece in pieces:
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            elif isinstance(piece, Exception):
                raise piece
            else:
                yield piece

    flow = flow.replace("start: q", "start: q\nvariables: {told: nothing}")
    caller = LiveCaller()
    run_virtually(converse(flow, caller=caller, outside=Outside(stream=stream)))
    assert requests[0].headers["Accept"] == "text/plain, text/event-stream"
    return caller.said


def test_an_answer_is_said_while_it_arrives() -> None:
    """Piece by piece; all of it is kept at the end."""
    assert say("Hello, ", 1.0, "world.") == ["Hello,  | world.", "told: Hello, world."]
    assert say(2.0, "Late.") == ["One moment", "Late.", "told: Late."]
    assert say() == ["told:"]


def test_an_answer_that_breaks_off() -> None:
    """What came was said; then it is the error's way. Each piece has the step's time."""
    assert say(RequestFailed("HTTP 503")) == ["sorry, after: nothing"]
    assert say("Half a", OSError("gone")) == ["Half a", "sorry, after: Half a"]
    assert say("Half a", 4.0, "late") == ["Half a", "sorry, after: Half a"]
    assert say(9.0)[-1] == "sorry, after: nothing"


def test_a_text_has_no_places() -> None:
    """Only all of it can be kept."""
    with pytest.raises(FlowError, match="only the whole text can be saved"):
        parse_flow(SAY.replace("told: .", "told: data.0"))


BODY = """\
start: q
variables: {who: "Ann & <Bo>", pin: "0"}
steps:
  q: {do: http, method: POST, url: "https://example.com/", go: end, error: sorry, %s}
  end: {do: hangup, result: "{{ x | default('none') }}"}
  sorry: {do: hangup, result: sorry}
"""


@pytest.mark.parametrize(
    ("keys", "kind", "body"),
    [
        ('form: {name: "{{ who }}", n: "1"}', "application/x-www-form-urlencoded",
         b"name=Ann+%26+%3CBo%3E&n=1"),
        ('xml: "<q a=\'{{ who }}\'>{{ who }}</q>"', "application/xml; charset=utf-8",
         b"<q a='Ann &amp; &lt;Bo&gt;'>Ann &amp; &lt;Bo&gt;</q>"),
        ('text: "{{ who }} 你"', "text/plain; charset=utf-8", "Ann & <Bo> 你".encode()),
        ("json: {n: 1}", "application/json", b'{"n":1}'),
        ("json: {}, headers: {content-type: application/hal+json}", None, b"{}"),
        ("secure: false", None, None),
    ],
)  # fmt: skip
async def test_bodies(keys: str, kind: str | None, body: bytes | None) -> None:
    """Each with its kind, which a header of the step replaces."""
    service = Service({})
    await converse(BODY % keys, outside=Outside(fetch=service.fetch))
    (request,) = service.requests
    assert (request.headers.get("Content-Type"), request.body) == (kind, body)


async def test_an_answer_in_xml() -> None:
    """It is asked for, and its values are saved by their places."""
    service = Service({"a": {"b": ["1", "2"], "@n": "7"}})
    flow = BODY % 'answer: xml, save: {x: a.b.1, y: "a.@n"}'
    result, _ = await converse(flow, outside=Outside(fetch=service.fetch))
    assert result.result == "2"
    (request,) = service.requests
    assert (request.answer, request.headers["Accept"]) == ("xml", "application/xml, text/xml")


AUTH = """auth: {token_url: "https://x/t", client_id: {env: FLOW_ID}, client_secret: {env: FLOW_SECRET}},
  certificate: {env: FLOW_PEM}"""


async def test_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go with the request; one that is not set is the error's way, told by its name."""
    for name in ("FLOW_ID", "FLOW_SECRET", "FLOW_PEM"):
        monkeypatch.setenv(name, name.lower())
    service = Service({})
    await converse(BODY % AUTH, outside=Outside(fetch=service.fetch))
    credentials = service.requests[0].credentials
    assert credentials is not None
    assert (credentials.client_id, credentials.client_secret) == ("flow_id", "flow_secret")
    assert service.requests[0].certificate == "flow_pem"
    monkeypatch.delenv("FLOW_SECRET")
    result, caller = await converse(BODY % AUTH, outside=Outside(fetch=service.fetch))
    assert (result.result, len(service.requests)) == ("sorry", 1)
    (event,) = [event for event in caller.events if event.event == "http"]
    assert event.data["error"] == "the environment has no FLOW_SECRET"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("json: {a: 1}, text: x", "steps.q.text: a request has one body: json, or text"),
        ("form: {a: 1}", "steps.q.form.a: expected a text"),
        ("form: [a]", "steps.q.form: expected"),
        ("xml: 3", "steps.q.xml: expected"),
        ('xml: "{{ x"', "steps.q.xml: template: "),
        ("answer: yaml", "steps.q.answer: "),
        ("answer: text, save: {x: a.b}", "steps.q.save: of a text, only all of it can be saved"),
        ("say: true, answer: xml", "steps.q.answer: with say, the answer is text in any case"),
        ("auth: {token_url: x, client_id: {env: A}, client_secret: {env: B}}", "auth.token_url"),
        (
            "auth: {token_url: 'https://x', client_id: me, client_secret: {env: B}}",
            "auth.client_id",
        ),
        ("auth: {token_url: 'https://x', client_id: {env: A}}", "client_secret"),
        ("certificate: client.pem", "steps.q.certificate: expected"),
        ("certificate: {env: 'a b'}", "steps.q.certificate.env: expected a name"),
    ],
)
def test_mistakes_in_bodies(keys: str, expected: str) -> None:
    """Told when the flow is checked, with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(BODY % keys)
