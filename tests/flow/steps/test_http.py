"""Requests of a flow, and what becomes of slow, broken and missing answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.rehearsal.virtual import run_virtually
from tests.flow.conversation import converse

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
    filler_after_s: 0.01
    timeout_s: 0.05
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
    """Said once; too slow is no answer."""
    assert run(Service(0.03, GOOD)) == ["One moment", "12"]
    assert run(Service(0.2, 0.2), "retries: 1") == ["One moment", "sorry"]
