"""Hot-word tables over REST, in SIS's own form, and tokens for everybody. Asyncio shell.

``POST`` and ``GET`` on ``/v1/{project_id}/asr/vocabularies``; ``GET``, ``PUT``, ``DELETE`` on
one of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from ivr_agi.speech_server.requests import BadRequest
from ivr_agi.speech_server.vocabularies import BadWords, NameTaken, TooManyTables, Vocabulary

if TYPE_CHECKING:
    from ivr_agi.speech_server.imitation import Imitation
    from ivr_agi.speech_server.vocabularies import VocabularyStore

__all__ = ("add_token_route", "add_vocabulary_routes", "error_response")

PATH = "/v1/{project_id}/asr/vocabularies"


def error_response(status: int, code: str, text: str) -> web.Response:
    """Make an error in the form of the gateway (``sis-protocol.md`` 12.2)."""
    return _json({"error_code": code, "error_msg": text}, status=status)


def add_vocabulary_routes(
    app: web.Application, store: VocabularyStore, imitation: Imitation
) -> None:
    """Serve the store, with a region's rules for tables."""
    handlers = _Handlers(store, imitation)
    app.router.add_post(PATH, handlers.create)
    app.router.add_get(PATH, handlers.list)
    app.router.add_get(PATH + "/{id}", handlers.get)
    app.router.add_put(PATH + "/{id}", handlers.replace)
    app.router.add_delete(PATH + "/{id}", handlers.delete)


def add_token_route(app: web.Application) -> None:
    """Give a token to everybody who asks as one asks the cloud (``sis-protocol.md`` 2.1).

    So clients that cannot do without a token work with a server that accepts everybody. If the
    server requires one, this request needs it, too: the server knows no passwords.
    """

    async def give(_request: web.Request) -> web.Response:
        return web.json_response({"token": {}}, status=201, headers={"X-Subject-Token": "local"})

    app.router.add_post("/v3/auth/tokens", give)


class _Handlers:
    def __init__(self, store: VocabularyStore, imitation: Imitation) -> None:
        self._store = store
        self._imitation = imitation
        self._writing = asyncio.Lock()  # the store is used from threads, one at a time

    async def create(self, request: web.Request) -> web.Response:
        table = await _read_table(request, self._imitation)
        if isinstance(table, web.Response):
            return table
        try:
            async with self._writing:
                kept = await asyncio.to_thread(self._store.create, table)
        except NameTaken as error:
            return error_response(400, "SIS.0204", str(error))
        except TooManyTables as error:
            return error_response(400, "SIS.0208", str(error))
        return _json({"vocabulary_id": kept.vocabulary_id})

    async def replace(self, request: web.Request) -> web.Response:
        table = await _read_table(request, self._imitation)
        if isinstance(table, web.Response):
            return table
        async with self._writing:
            kept = await asyncio.to_thread(self._store.replace, request.match_info["id"], table)
        return _json({"vocabulary_id": kept.vocabulary_id}) if kept else _not_found()

    async def delete(self, request: web.Request) -> web.Response:
        async with self._writing:
            known = await asyncio.to_thread(self._store.delete, request.match_info["id"])
        return web.Response(status=204) if known else _not_found()

    async def get(self, request: web.Request) -> web.Response:
        table = self._store.get(request.match_info["id"])
        return _json(msgspec.to_builtins(table)) if table else _not_found()

    async def list(self, _request: web.Request) -> web.Response:
        tables = [msgspec.to_builtins(table) for table in self._store.all()]
        return _json({"count": len(tables), "result": tables})


async def _read_table(request: web.Request, imitation: Imitation) -> Vocabulary | web.Response:
    try:
        fields = msgspec.json.decode(await request.read(), type=dict[str, Any])
        for key in ("name", "contents"):
            if fields.get(key) is None:
                return error_response(400, "SIS.0012", f"'{key}' is missing")
        table = msgspec.convert(fields, Vocabulary)
        imitation.check_table(table)
        return table
    except BadRequest as error:
        return error_response(400, error.code, error.text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        code = "SIS.0203" if isinstance(error.__cause__, BadWords) else "SIS.0032"
        return error_response(400, code, str(error))


def _not_found() -> web.Response:
    return error_response(404, "SIS.0201", "the hot-word table does not exist")


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )
