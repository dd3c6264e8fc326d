"""The call as a plain script does it: what every number is compared with.

``EAGI(python,-m,ivr_agi.bench.baseline,URL,PROMPT,ROUNDS)``: one process per call, pyst2 for AGI, a
blocking WebSocket client with threads. Written as a good engineer would who has these libraries and
an afternoon: it listens during the prompt, stops it at VOICE_START, and sends audio in 40 ms
messages. Of ivr-agi it uses nothing.

It is not a straw man, but it is plain. pyst2 cannot stop a prompt, so a second thread writes a NOOP
behind its back; Asterisk sends one reply for the two commands then, and pyst2 takes it for its own.
When the prompt ends by itself in that moment there are two replies, and the call is off by one
from there on; in a benchmark that seldom happens. No gap is filled, no service is replaced.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading

from asterisk.agi import AGI, AGIException
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

__all__ = ("main",)

_CHUNK_BYTES = 640
START = {
    "command": "START",
    "config": {
        "audio_format": "pcm8k16bit",
        "property": "english_8k_common",
        "vad_head": 10000,
        "vad_tail": 500,
        "max_seconds": 30,
        "interim_results": "yes",
    },
}


class _Call:
    """One call: a thread that sends, one that listens, and the script itself."""

    def __init__(self, url: str) -> None:
        self.socket = connect(f"{url}/v1/baseline/rasr/sentence-stream", compression=None)
        self.messages: queue.Queue[dict[str, str]] = queue.Queue()
        self.is_started = False
        self.is_playing = False
        self.lock = threading.Lock()

    def send_audio(self) -> None:
        """Thread: the caller's voice, as long as there is some."""
        chunk = b""
        while data := os.read(3, _CHUNK_BYTES):
            chunk += data
            if len(chunk) < _CHUNK_BYTES:
                continue
            if self.is_started:
                try:
                    self.socket.send(chunk)
                except ConnectionClosed:
                    return
            chunk = b""

    def listen(self) -> None:
        """Thread: what the service says."""
        try:
            for text in self.socket:
                message = json.loads(text)
                if message["resp_type"] == "START":
                    self.is_started = True
                elif message.get("event") == "VOICE_START":
                    self.stop_prompt()
                self.messages.put(message)
        except ConnectionClosed:
            pass
        self.messages.put({"resp_type": "GONE"})

    def stop_prompt(self) -> None:
        """Any command stops STREAM FILE; its reply stands for the both of them."""
        with self.lock:
            if self.is_playing:
                self.is_playing = False
                sys.stdout.write("NOOP\n")
                sys.stdout.flush()

    def wait_for(self, kind: str) -> dict[str, str]:
        """Wait for a message of the service."""
        while (message := self.messages.get())["resp_type"] not in (kind, "GONE"):
            pass
        return message


def main(arguments: list[str]) -> None:
    """Run a call: so many turns, or until the caller hangs up."""
    url, prompt, rounds = arguments
    agi = AGI()
    agi.answer()
    call = _Call(url)
    for work in (call.send_audio, call.listen):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in range(int(rounds)):
            call.socket.send(json.dumps(START))
            call.is_playing = True
            agi.stream_file(prompt)
            with call.lock:
                call.is_playing = False
            call.wait_for("RESULT")
            call.is_started = False
            call.socket.send(json.dumps({"command": "END"}))
            call.wait_for("END")
        agi.set_variable("IVR_STATUS", "COMPLETED")
    except (AGIException, ValueError, ConnectionClosed):  # ValueError: the pipe ended
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
