"""Runs in the vendor's environment: REST, signer and WebSocket library are not ours.

``python vendor_client.py PORT AK SK TOKEN AUDIO`` prints, as JSON, all that it was answered.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import websocket
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdksis.v1 import (
    CreateVocabularyRequest,
    DeleteVocabularyRequest,
    PostCreateVocabReq,
    PutUpdateVocabReq,
    ShowVocabulariesRequest,
    ShowVocabularyRequest,
    SisClient,
    UpdateVocabularyRequest,
)

PROJECT = "0123456789abcdef0123456789abcdef"
WORDS = ["technical support", "operator"]
MODES = ("short-stream", "sentence-stream", "continue-stream")


def rest(host: str, credentials: BasicCredentials) -> tuple[Any, list[Any]]:
    """Create, show, list, update and delete hot-word tables; the first of two is left."""
    client = (
        SisClient.new_builder()
        .with_credentials(credentials)
        .with_endpoint(f"http://{host}")
        .build()
    )

    def table(kind: type[Any], name: str) -> Any:
        return kind(name=name, language="chinese_mandarin", contents=WORDS)

    kept = client.create_vocabulary(
        CreateVocabularyRequest(body=table(PostCreateVocabReq, "kept"))
    ).vocabulary_id
    other = client.create_vocabulary(
        CreateVocabularyRequest(body=table(PostCreateVocabReq, "other"))
    ).vocabulary_id
    shown = client.show_vocabulary(ShowVocabularyRequest(vocabulary_id=other))
    updated = client.update_vocabulary(
        UpdateVocabularyRequest(vocabulary_id=other, body=table(PutUpdateVocabReq, "new"))
    )
    before = client.show_vocabularies(ShowVocabulariesRequest())
    client.delete_vocabulary(DeleteVocabularyRequest(vocabulary_id=other))
    after = client.show_vocabularies(ShowVocabulariesRequest())
    return kept, [
        shown.name,
        shown.contents,
        updated.vocabulary_id == other,
        before.count,
        after.count,
        after.result[0].name,
    ]


def open_socket(host: str, path: str, credentials: BasicCredentials) -> websocket.WebSocket:
    """Signed as the vendor's real-time client does it: as GET of https, then as headers."""
    request = SdkRequest(
        method="GET",
        schema="https",
        host=host,
        resource_path=f"/v1/{PROJECT}/{path}",
        query_params=[],
        header_params={"X-Project-Id": PROJECT},
        body="",
    )
    signed = credentials.sign_request(request).header_params
    # The library sends Host itself; a second one is refused by the service (2.2).
    header = {key: value for key, value in signed.items() if key.lower() != "host"}
    header["content-length"] = "0"
    return websocket.create_connection(f"ws://{host}/v1/{PROJECT}/{path}", header=header)


def answers(socket: websocket.WebSocket, last: str) -> list[Any]:
    """Objects, and the size of all audio before each."""
    found: list[Any] = []
    while not found or found[-1]["resp_type"] != last:
        data = socket.recv()
        if isinstance(data, str):
            found.append(json.loads(data))
    return found


def recognise(host: str, credentials: BasicCredentials, table: str, audio: bytes) -> list[Any]:
    """The captured messages (14.1 rows 1, 2 and 10): 4000 bytes at a time, any last one."""
    socket = open_socket(host, "rasr/sentence-stream", credentials)
    config = {
        "audio_format": "pcm8k16bit",
        "property": "english_8k_common",
        "add_punc": "no",
        "digit_norm": "yes",
        "vad_head": 10000,
        "vad_tail": 500,
        "max_seconds": 30,
        "interim_results": "no",
        "vad_threshold": 0,
        "need_word_info": "no",
        "vocabulary_id": table,
    }
    socket.send(json.dumps({"command": "START", "config": config}))
    found = answers(socket, "START")
    for at in range(0, len(audio), 4000):
        socket.send_binary(audio[at : at + 4000])
    socket.send(json.dumps({"command": "END", "cancel": "false"}))
    found += answers(socket, "END")
    socket.close()
    return found


def sample(host: str, mode: str, token: str, table: str, audio: bytes) -> list[Any]:
    """As the samples of the vendor's pages do it: a token, callbacks, a thread that sends.

    START is not waited for with more than a pause, 3200 bytes go out at a time, and END follows
    the last of them at once.
    """
    found: list[Any] = []

    def send_all(app: websocket.WebSocketApp) -> None:
        config = {
            "audio_format": "pcm8k16bit",
            "property": "english_8k_common",
            "interim_results": "yes",
            "vocabulary_id": table,
        }
        app.send(json.dumps({"command": "START", "config": config}))
        time.sleep(0.1)
        for at in range(0, len(audio), 3200):
            app.send(audio[at : at + 3200], websocket.ABNF.OPCODE_BINARY)
        app.send('{"command": "END", "cancel": false}')

    def take(app: websocket.WebSocketApp, text: str) -> None:
        found.append(json.loads(text))
        if found[-1]["resp_type"] in ("END", "ERROR", "FATAL_ERROR"):
            app.close()

    app = websocket.WebSocketApp(
        f"ws://{host}/v1/{PROJECT}/rasr/{mode}",
        header={"X-Auth-Token": token},
        on_open=lambda app: threading.Thread(target=send_all, args=[app], daemon=True).start(),
        on_message=take,
        on_error=lambda _, error: found.append({"resp_type": f"on_error: {error!r}"}),
    )
    app.run_forever(ping_interval=5, ping_timeout=4)
    return found


def speak(host: str, credentials: BasicCredentials) -> list[Any]:
    """As captured (14.1 row 3): config before text, the rate as a string."""
    socket = open_socket(host, "rtts", credentials)
    config = {
        "audio_format": "pcm",
        "sample_rate": "8000",
        "property": "chinese_xiaoyan_common",
        "speed": 0,
        "pitch": 0,
        "volume": 50,
    }
    socket.send(json.dumps({"command": "START", "config": config, "text": "你好"}))
    found = answers(socket, "END")
    socket.close()
    return found


def main() -> None:
    """Do it all."""
    port, access, secret, token, audio_file = sys.argv[1:]
    host = f"127.0.0.1:{port}"
    credentials = BasicCredentials(access, secret, PROJECT)
    table, tables = rest(host, credentials)
    with open(audio_file, "rb") as file:
        audio = file.read()
    sys.stdout.write(
        json.dumps(
            {
                "tables": tables,
                "recognition": recognise(host, credentials, table, audio),
                "synthesis": speak(host, credentials),
                "samples": {mode: sample(host, mode, token, table, audio) for mode in MODES},
            }
        )
    )


if __name__ == "__main__":
    main()
