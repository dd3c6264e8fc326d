"""The worker: requests in, answers out; and as a process, over real pipes."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
from typing import IO

import msgspec
import pytest

from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.worker import (
    LENGTH_PREFIX,
    BeginRequest,
    CloseRequest,
    EngineWorker,
    FeedRequest,
    Final,
    FinishRequest,
    Inbox,
    Lag,
    LagMeter,
    OpenRequest,
    Partial,
    PingRequest,
    Pong,
    Ready,
    Refused,
    WorkerReply,
    _bodies,
    pack_message,
)
from tests.patience import PATIENCE_S
from tests.speech_server.fakes import ListRecognizer, loud


def test_a_sentence() -> None:
    """Partials when they change, the final one, then nothing."""
    worker = EngineWorker(ListRecognizer())
    assert worker.handle(OpenRequest(1, "en-us", ("pay a bill",))) is None
    assert worker.handle(BeginRequest(1, b"")) is None
    assert worker.handle(FeedRequest(1, loud(200))) == Partial(1, "pay")
    assert worker.handle(FeedRequest(1, loud(100))) is None
    assert worker.handle(FeedRequest(1, loud(100))) == Partial(1, "pay a bill")
    assert worker.handle(FinishRequest(1, 0.0)) == Final(
        1, "pay a bill", 0.9, (("pay", 0, 133), ("a", 133, 266), ("bill", 266, 400))
    )
    assert worker.handle(FeedRequest(1, loud(100))) is None
    assert worker.handle(CloseRequest(1)) is None


def test_a_ping_is_answered_in_turn() -> None:
    """It belongs to no sentence."""
    assert EngineWorker(ListRecognizer()).handle(PingRequest(0)) == Pong()


def test_a_row_is_asked_for() -> None:
    """The engine learns that the phrases may follow each other."""
    recognizer = ListRecognizer()
    EngineWorker(recognizer).handle(OpenRequest(1, "en-us", ("one", "two"), True))
    assert recognizer.asked == [RecognitionRequest("en-us", ("one", "two"), True)]


def test_a_lag_is_told_from_time_to_time() -> None:
    """While there is one, and when it is over; not for what has no time."""
    meter = LagMeter()

    def told(sent_s: float, now_s: float) -> Lag | None:
        return meter.measure(FeedRequest(1, b"", sent_s), now_s)

    assert told(10.0, 10.1) is None
    assert told(10.0, 11.0) == Lag(1.0)
    assert told(10.2, 11.2) is None
    assert told(10.5, 11.5) == Lag(1.0)
    ended = told(11.5, 11.6)
    assert ended is not None
    assert ended.seconds == pytest.approx(0.1)
    assert told(11.6, 11.7) is None
    assert meter.measure(FeedRequest(1, b""), 99.0) is None
    assert meter.measure(FinishRequest(1, 0.0), 99.0) is None


def test_sentences_do_not_mix() -> None:
    """Two at once, one of them dropped."""
    worker = EngineWorker(ListRecognizer())
    worker.handle(OpenRequest(1, "en-us", ("yes",)))
    worker.handle(OpenRequest(2, "en-us", ("no",)))
    assert worker.handle(FeedRequest(2, loud(100))) == Partial(2, "no")
    worker.handle(CloseRequest(2))
    assert worker.handle(FinishRequest(2, 0.0)) is None
    assert worker.handle(FinishRequest(1, 0.0)) == Final(1, "yes", 0.9, (("yes", 0, 0),))


def test_what_is_closed_is_not_worked_off() -> None:
    """Whatever still waits for it; others are served in order, and the last word is Close."""
    audio = [FeedRequest(1, loud(1000))] * 50
    rest = [OpenRequest(2, "en-us", None), FeedRequest(2, loud(10)), FinishRequest(2, 0.0)]
    sent = [
        OpenRequest(1, "en-us", None),
        BeginRequest(1, b""),
        *audio,
        *rest[:2],
        CloseRequest(1),
        rest[2],
    ]
    inbox = Inbox(iter([msgspec.msgpack.encode(request) for request in sent]))
    inbox.reader.join(PATIENCE_S)
    assert list(inbox) == [*rest[:2], CloseRequest(1), rest[2]]


def test_what_is_not_closed_is_worked_off() -> None:
    """As it comes, however slowly."""
    sent = [OpenRequest(1, "en-us", None), FeedRequest(1, loud(10)), FinishRequest(1, 0.0)]
    assert list(Inbox(msgspec.msgpack.encode(request) for request in sent)) == sent


def test_nothing_understood() -> None:
    """An empty text."""
    worker = EngineWorker(ListRecognizer())
    worker.handle(OpenRequest(1, "en-us", ("NOTHING",)))
    assert worker.handle(FinishRequest(1, 0.0)) == Final(1, "", 0.0)


def test_refusal() -> None:
    """What the engine cannot do; the sentence does not exist then."""
    worker = EngineWorker(ListRecognizer())
    assert worker.handle(OpenRequest(1, "cmn", ("REFUSE",))) == Refused(1, "told to refuse")
    assert worker.handle(FinishRequest(1, 0.0)) is None


def start_worker() -> subprocess.Popen[bytes]:
    """A worker process with its engine on the way."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr_agi.speech_server.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    engine = pickle.dumps(ListRecognizer())
    send(process, LENGTH_PREFIX.pack(len(engine)) + engine)
    assert receive(process.stdout) == Ready()
    return process


def send(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write all of it now."""
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()


def receive(stream: IO[bytes] | None) -> WorkerReply:
    """The next answer."""
    assert stream is not None
    (length,) = LENGTH_PREFIX.unpack(stream.read(4))
    answer: WorkerReply = msgspec.msgpack.decode(stream.read(length), type=WorkerReply)
    return answer


def test_process_works_and_ends_with_its_input() -> None:
    """Also when a library prints; and in the middle of a frame, as when the server was killed."""
    with start_worker() as process:
        send(
            process,
            pack_message(OpenRequest(7, "en-us", ("PRINT",)))
            + pack_message(FeedRequest(7, loud(20))),
        )
        assert receive(process.stdout) == Partial(7, "PRINT")
        send(process, pack_message(FinishRequest(7, 0.0))[:3])
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert errors == b"a library that prints\n"


def test_process_leaves_ctrl_c_to_the_server() -> None:
    """SIGINT goes to the whole terminal; the worker ends when its input does."""
    with start_worker() as process:
        process.send_signal(signal.SIGINT)
        send(
            process,
            pack_message(OpenRequest(1, "en-us", ("yes",))) + pack_message(FinishRequest(1, 0.0)),
        )
        assert receive(process.stdout) == Final(1, "yes", 0.9, (("yes", 0, 0),))
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0


def test_process_with_a_broken_engine_says_why() -> None:
    """The traceback is on standard error, and there is no Ready."""
    engine = pickle.dumps(ListRecognizer(fail_at_load=True))
    done = subprocess.run(
        [sys.executable, "-m", "ivr_agi.speech_server.worker"],
        input=LENGTH_PREFIX.pack(len(engine)) + engine,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"told to fail" in done.stderr


@pytest.mark.parametrize(
    "request_", [BeginRequest(1, b""), FeedRequest(1, b""), FinishRequest(1, 0.0), CloseRequest(1)]
)
def test_request_for_an_unknown_sentence_does_nothing(
    request_: BeginRequest | FeedRequest | FinishRequest | CloseRequest,
) -> None:
    """It may have been closed while the request was on its way."""
    assert EngineWorker(ListRecognizer()).handle(request_) is None


def test_a_message_that_is_cut_is_the_end() -> None:
    """The server died while it wrote."""
    whole = pack_message(Ready())
    assert list(_bodies(io.BytesIO(whole + whole))) == [whole[4:]] * 2
    assert list(_bodies(io.BytesIO(whole + whole[:-1]))) == [whole[4:]]
