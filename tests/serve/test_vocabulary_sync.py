"""Hot-word tables of a flow, at a service that keeps them like the vendor's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr_agi.errors import SpeechRejected
from ivr_agi.flow.file.model import Flow
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.vocabularies import read_vocabularies, word_list_name
from ivr_agi.language.text import is_cjk
from ivr_agi.serve import vocabulary_sync
from ivr_agi.serve.vocabulary_sync import (
    MAX_TABLE_NAME,
    compare_vocabularies,
    compare_words,
    models_of_flow,
    sync_vocabularies,
    sync_words,
)
from ivr_agi.settings import Settings
from ivr_agi.sis.access.endpoint import Endpoint
from tests.sis.web import Asked, Reply, Web, web

ENGLISH = {"en": "english_16k_general"}


def flow_with(**menus: str) -> Flow:
    """A flow with a menu of one word each."""
    steps = "".join(
        f"  {name}: {{do: menu, prompt: x, choices: [{{words: [{word}], go: z}}],"
        " no_input: {go: z}, no_match: {go: z}}\n"
        for name, word in menus.items()
    )
    return parse_flow(f"start: {next(iter(menus))}\nsteps:\n{steps}  z: {{do: hangup}}\n")


class Shelf:
    """The service's tables."""

    def __init__(self, *, plain_only: bool = False, most: int = 1000) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.most = most
        self.takes_chinese = True
        self.plain_only = plain_only
        self._n_made = 0

    def takes(self, word: str) -> bool:
        """Capitals and, unless it is told otherwise, Chinese; no digits, no signs, no blanks."""
        return all(char.isupper() or (self.takes_chinese and is_cjk(char)) for char in word)

    def __call__(self, asked: Asked) -> Reply:
        identifier = asked.path.partition("?")[0].rpartition("/")[2]
        match asked.method:
            case "GET":
                shown = [
                    {"vocabulary_id": key, **{k: v for k, v in table.items() if k != "contents"}}
                    for key, table in self.tables.items()
                ]
                return Reply(200, {"count": len(shown), "result": shown})
            case "DELETE":
                del self.tables[identifier]
                return Reply(200)
        if asked.method == "POST" and len(self.tables) >= self.most:
            return Reply(400, {"error_code": "SIS.0208", "error_msg": "too many tables"})
        if self.plain_only and not all(self.takes(word) for word in asked.json["contents"]):
            return Reply(400, {"error_code": "SIS.0203", "error_msg": "words"})
        if asked.method == "POST":
            self._n_made += 1
            identifier = f"v{self._n_made}"
        self.tables[identifier] = asked.json
        return Reply(200, {"vocabulary_id": identifier})


def service_at(served: Web) -> Endpoint:
    """The service."""
    return Endpoint(served.url.replace("http", "ws"), "p1")


async def test_typed_answers_share_a_table(tmp_path: Path) -> None:
    """Over steps and flows; it is not deleted with a flow."""
    step = "do: ask, slot: {type: digits}, save: n, go: z, no_input: {go: z}, no_match: {go: z}"
    steps = "".join(f"  {name}: {{{step}, prompt: x}}\n" for name in ("a", "b"))
    flow = parse_flow(f"start: a\nsteps:\n{steps}  z: {{do: hangup}}\n")
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        first = await sync_vocabularies(endpoint, "one", flow, tmp_path)
        second = await sync_vocabularies(endpoint, "two", flow, tmp_path, prune=True)
        assert await compare_vocabularies(endpoint, "two", flow, tmp_path) == {}
    assert first == second == {"a": "v1", "b": "v1"}
    assert shelf.tables["v1"]["name"] == "answers_digits_en_zh"


async def test_tables_are_made_once(tmp_path: Path) -> None:
    """A second run looks, and changes nothing."""
    shelf = Shelf()
    flow = flow_with(main="sales", support="repair")
    async with web(shelf) as served:
        endpoint = service_at(served)
        for _ in (1, 2):
            ids = await sync_vocabularies(endpoint, "menu", flow, tmp_path)
            assert ids == {"main": "v1", "support": "v2"}
        assert [asked.method for asked in served.asked] == ["GET", "POST", "POST", "GET"]
        assert read_vocabularies(tmp_path, endpoint.url, "menu") == ids
    assert shelf.tables["v1"]["name"] == "menu_main"
    assert shelf.tables["v1"]["contents"] == ["sales"]


async def test_changed_words_are_put_in(tmp_path: Path) -> None:
    """Under the same id; other tables are left alone."""
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        await sync_vocabularies(endpoint, "menu", flow_with(a="x", b="y"), tmp_path)
        ids = await sync_vocabularies(endpoint, "menu", flow_with(a="new", b="y"), tmp_path)
        assert [asked.method for asked in served.asked[-2:]] == ["GET", "PUT"]
        assert served.asked[-1].path == "/v1/p1/asr/vocabularies/v1"
    assert ids == {"a": "v1", "b": "v2"}
    assert shelf.tables["v1"]["contents"] == ["new"]


async def test_only_prune_deletes_and_only_ours(tmp_path: Path) -> None:
    """Tables of steps that are gone; not those of other flows or people."""
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        await sync_vocabularies(endpoint, "menu_2", flow_with(a="x"), tmp_path)
        await sync_vocabularies(endpoint, "menu", flow_with(a="x", b="y"), tmp_path)
        shelf.tables["mine"] = {"name": "menu_x", "description": "made by hand"}
        await sync_vocabularies(endpoint, "menu", flow_with(a="x"), tmp_path)
        assert set(shelf.tables) == {"v1", "v2", "v3", "mine"}
        await sync_vocabularies(endpoint, "menu", flow_with(a="x"), tmp_path, prune=True)
    assert set(shelf.tables) == {"v1", "v2", "mine"}


async def test_a_service_that_takes_plain_words_only(tmp_path: Path) -> None:
    """SIS.0203: capitals, one word each, no digits (sis_03_0071); the next run is quiet."""
    shelf = Shelf(plain_only=True)
    flow = flow_with(a='"account balance 24"', b="SALES")
    async with web(shelf) as served:
        await sync_vocabularies(service_at(served), "menu", flow, tmp_path, models=ENGLISH)
        n_asked = len(served.asked)
        await sync_vocabularies(service_at(served), "menu", flow, tmp_path, models=ENGLISH)
        assert len(served.asked) == n_asked + 1
    assert [table["contents"] for table in shelf.tables.values()] == [
        ["ACCOUNT", "BALANCE", "TWO", "FOUR"],
        ["SALES"],
    ]


async def test_words_that_no_form_helps(tmp_path: Path) -> None:
    """The service's refusal stays one."""
    async with web(Shelf(plain_only=True)) as served:
        with pytest.raises(SpeechRejected, match=r"SIS\.0203"):
            await sync_vocabularies(service_at(served), "menu", flow_with(a='"!?"'), tmp_path)


async def test_names_that_the_service_takes(tmp_path: Path) -> None:
    """32 letters, digits, _ and -; two long names stay two."""
    shelf = Shelf()
    long = "a" * 40
    flow = flow_with(**{f"{long}1": "x", f"{long}2": "y"})
    async with web(shelf) as served:
        ids = await sync_vocabularies(service_at(served), "menü", flow, tmp_path)
    names = [table["name"] for table in shelf.tables.values()]
    assert len(set(ids.values())) == len(set(names)) == 2
    assert all(len(name) <= MAX_TABLE_NAME and name.isascii() for name in names)


async def test_words_of_a_script(tmp_path: Path) -> None:
    """A table each, found by its words whatever their order; made once."""
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        assert await sync_words(endpoint, ["sales", "support"], tmp_path) == "v1"
        assert await sync_words(endpoint, ["yes", "no"], tmp_path) == "v2"
        assert await sync_words(endpoint, ["sales", "support"], tmp_path) == "v1"
    name = word_list_name(["Support", "sales"])
    assert read_vocabularies(tmp_path, endpoint.url, name) == {"words": "v1"}
    assert shelf.tables["v1"]["contents"] == ["sales", "support"]
    assert all(len(table["name"]) <= MAX_TABLE_NAME for table in shelf.tables.values())


async def test_the_table_of_words_is_compared(tmp_path: Path) -> None:
    """Never made, there, and gone; nothing is changed."""
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        never = await compare_words(endpoint, ["yes", "no"], tmp_path)
        assert never == "it has no table: its words are not expected"
        await sync_words(endpoint, ["yes", "no"], tmp_path)
        n_asked = len(served.asked)
        assert await compare_words(endpoint, ["no", "yes"], tmp_path) is None
        del shelf.tables["v1"]
        gone = await compare_words(endpoint, ["yes", "no"], tmp_path)
        assert gone == "the service no longer has its table v1"
        assert {asked.method for asked in served.asked[n_asked:]} == {"GET"}


async def test_tables_are_compared(tmp_path: Path) -> None:
    """Gone at the service, of other words, never made; nothing is changed."""
    shelf = Shelf()
    async with web(shelf) as served:
        endpoint = service_at(served)
        await sync_vocabularies(endpoint, "menu", flow_with(a="x", b="y"), tmp_path)
        assert not await compare_vocabularies(endpoint, "menu", flow_with(a="x", b="y"), tmp_path)
        del shelf.tables["v1"]
        n_asked = len(served.asked)
        flow = flow_with(a="x", b="new", c="z")
        assert await compare_vocabularies(endpoint, "menu", flow, tmp_path) == {
            "a": "the service no longer has its table v1",
            "b": "its words have changed since its table was made",
            "c": "it has no table: its words are not expected",
        }
        assert [asked.method for asked in served.asked[n_asked:]] == ["GET"]


async def test_what_no_table_takes_is_told(tmp_path: Path) -> None:
    """Whatever is left out is said, with the reason; the rest is there."""
    told: list[str] = []
    flow = flow_with(a="余额", b="SALES")
    shelf = Shelf(plain_only=True)
    shelf.takes_chinese = False
    async with web(shelf) as served:
        with pytest.raises(SpeechRejected, match=r"SIS\.0203"):
            await sync_vocabularies(
                service_at(served), "menu", flow, tmp_path, models=ENGLISH, tell=told.append
            )
    (line,) = told
    assert "'余额' is not expected by" in line
    assert "an English table takes no Chinese" in line


async def test_the_vendor_gets_words_in_its_form_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloud is not asked with what it refuses; digits are not lost."""
    monkeypatch.setattr(vocabulary_sync, "region_of", lambda _: "cn-north-4")
    shelf = Shelf(plain_only=True)
    flow = flow_with(a="12345服务热线", b="5G套餐")
    async with web(shelf) as served:
        await sync_vocabularies(
            service_at(served), "menu", flow, tmp_path, models={"zh": "chinese_8k_general"}
        )
        assert [asked.method for asked in served.asked] == ["GET", "POST", "POST"]
    assert [table["contents"] for table in shelf.tables.values()] == [
        ["一二三四五服务热线"],
        ["五G套餐"],
    ]
    assert {table["language"] for table in shelf.tables.values()} == {"chinese_mandarin"}


TWO_LANGUAGES = """
start: a
languages: [zh, en]
weights: {雇工: 8}
steps:
  a:
    do: menu
    prompt: {zh: 请说, en: "Please say"}
    choices: [{words: {zh: [雇工, 余额], en: [worker]}, go: z}]
    no_input: {go: z}
    no_match: {go: z}
  z: {do: hangup}
"""
BOTH = {"zh": "chinese_8k_general", "en": "english_16k_general"}


async def test_a_step_in_two_languages_has_two_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table has no effect on a model of another language. Weights go with their words."""
    monkeypatch.setattr(vocabulary_sync, "region_of", lambda _: "cn-north-4")
    shelf, flow = Shelf(), parse_flow(TWO_LANGUAGES)
    async with web(shelf) as served:
        endpoint = service_at(served)
        ids = await sync_vocabularies(endpoint, "menu", flow, tmp_path, models=BOTH)
        assert not await compare_vocabularies(endpoint, "menu", flow, tmp_path, BOTH)
    assert {key: shelf.tables[value]["language"] for key, value in ids.items()} == {
        "a": "chinese_mandarin",
        "a@en": "english",
    }
    assert shelf.tables[ids["a"]]["contents"] == ["雇工/8", "余额"]
    assert shelf.tables[ids["a@en"]]["contents"] == ["WORKER"]


@pytest.mark.parametrize("known_before", [0, 99])
async def test_menus_share_a_table_where_there_is_no_room(
    tmp_path: Path, known_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project's tables are counted first; a service with room for fewer says so."""
    if known_before:
        shelf = Shelf()
        shelf.tables = {f"o{n}": {"name": f"o{n}", "contents": ["X"]} for n in range(known_before)}
    else:
        shelf = Shelf(most=2)
    told: list[str] = []
    flow = flow_with(a="SALES", b="OPERATOR", c="BALANCE")
    async with web(shelf) as served:
        endpoint = service_at(served)
        ids = await sync_vocabularies(endpoint, "menu", flow, tmp_path, tell=told.append)
        assert not await compare_vocabularies(endpoint, "menu", flow, tmp_path)
    assert len(set(ids.values())) == 1
    assert shelf.tables[ids["a"]]["contents"] == ["SALES", "OPERATOR", "BALANCE"]
    assert len(shelf.tables) == known_before + 1
    assert "its questions share 1" in told[0]


def test_the_models_of_a_flow() -> None:
    """One for each of its languages that the settings have; else the one of the settings."""
    assert models_of_flow(Settings(), parse_flow(TWO_LANGUAGES)) == {
        "zh": "chinese_8k_general",
        "en": "english_16k_general",
    }
    assert models_of_flow(Settings(), flow_with(a="x")) == {"": "english_16k_general"}
