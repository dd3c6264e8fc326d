"""What the house is held against: rooms, what is no I/O, names that may have two homes."""

from __future__ import annotations

__all__ = (
    "DOCUMENTED",
    "MAY_IMPORT",
    "NAMED_TUPLE",
    "PARTLY_CORE",
    "PATH_METHODS",
    "PURE",
    "READS_FILES",
    "TWICE",
    "WITHOUT_IO_CALLS",
    "room_of",
)

_SIS = ("sis.wire", "sis.session", "sis.access", "sis.client")
_DIALOGUE = (
    "dialogue",
    "dialogue.line",
    "dialogue.turn",
    "dialogue.listen",
    "dialogue.hearing",
    "dialogue.prompt",
    "dialogue.record",
)
_FLOW = ("flow.file", "flow.run", "flow.steps", "flow.load", "flow.tools", "flow.tools.draw")
_LANGUAGE = ("language", "language.en", "language.zh", "language.slots")
_GROUND = (
    "catalogue",
    "containment",
    "errors",
    "knobs",
    "plugins",
    "secret",
    "settings",
    "store_settings",
    "surroundings",
    "log",
    "mistakes",
    "textfile",
    "threads",
    "wording",
    "audio",
    "journal",
    "agi",
    *_SIS,
    *_LANGUAGE,
)
_HOUSE = (*_GROUND, *_DIALOGUE, *_FLOW, "door", "serve")
_BESIDE = (
    "store",
    "report",
    "metrics",
    "webhooks",
    "tracing",
    "console",
    "console.access",
    "console.site",
    "console.demo",
)
"""What no process that carries calls imports: it reads what these write."""
_SHOW = ("simulator", "speech_server", "speech_server.engines", "speech_server.models")

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "errors": ("secret",),
    "secret": (),
    "wording": ("errors",),
    "knobs": (),
    "mistakes": ("wording",),
    "plugins": ("errors",),
    "textfile": ("errors", "wording"),
    "catalogue": (),
    "store_settings": (),
    "settings": (
        *("catalogue", "errors", "knobs", "mistakes", "textfile", "wording"),
        "store_settings",
    ),
    "surroundings": (),
    "log": ("errors", "secret", "surroundings"),
    "containment": ("surroundings",),
    "threads": ("containment", "errors", "log"),
    "audio": ("errors",),
    "journal": ("errors",),
    "agi": ("containment", "errors", "threads", "audio"),
    "sis": (),
    "sis.wire": ("catalogue", "errors", "secret", "language"),
    "sis.session": ("catalogue", "errors", "secret", "sis.wire"),
    "sis.access": ("errors", "secret", "sis.wire"),
    "sis.client": (
        *("catalogue", "errors", "secret", "language"),
        *("sis.wire", "sis.session", "sis.access"),
    ),
    "language.en": (),
    "language.zh": (),
    "language": ("errors", "language.en", "language.zh"),
    "language.slots": ("errors", "language", "language.en", "language.zh"),
    "dialogue.hearing": ("errors", "audio", "language"),
    "dialogue.listen": ("catalogue", "errors", "audio", "journal", *_SIS),
    "dialogue.prompt": ("catalogue", "errors", "threads", "audio", "journal", "agi", *_SIS),
    "dialogue.line": (
        *("errors", "settings", "audio", "journal", "agi", *_SIS),
        *("dialogue.hearing", "dialogue.listen", "dialogue.prompt"),
    ),
    "dialogue.turn": (
        *("catalogue", "errors", "knobs", "settings", "audio", "journal", "language", "agi"),
        *_SIS,
        *("dialogue.hearing", "dialogue.listen", "dialogue.prompt", "dialogue.line"),
    ),
    "dialogue.record": (
        *("errors", "surroundings", "threads", "audio", "journal", "agi"),
        *("dialogue.hearing", "dialogue.prompt", "dialogue.line", "dialogue.turn"),
    ),
    "dialogue": (
        *("errors", "knobs", "settings", "threads", "audio", "journal", "language", "agi", *_SIS),
        *_DIALOGUE[1:],
    ),
    "flow": (),
    "flow.file": ("errors", "knobs", "plugins", "wording", "journal", *_LANGUAGE, *_DIALOGUE),
    "flow.run": (
        *("errors", "knobs", "threads", "wording", "journal", *_LANGUAGE, *_DIALOGUE, "flow.file"),
    ),
    "flow.steps": (
        "errors",
        "knobs",
        "wording",
        "journal",
        *_LANGUAGE,
        *_DIALOGUE,
        "flow.file",
        "flow.run",
    ),
    "flow.load": (
        *("errors", "knobs", "mistakes", "plugins", "textfile", "wording", "journal"),
        *(*_LANGUAGE, *_DIALOGUE, *_FLOW[:3]),
    ),
    "flow.tools": (
        *("catalogue", "errors", "knobs", "wording", "sis.wire"),
        *(*_LANGUAGE, *_DIALOGUE, *_FLOW[:4]),
    ),
    "flow.tools.draw": (*_LANGUAGE, *_FLOW[:5]),
    "door": (
        *("errors", "knobs", "threads", "journal", *_LANGUAGE, *_DIALOGUE),
        *("flow.file", "flow.run", "flow.steps"),
    ),
    "serve": tuple(room for room in _HOUSE if room != "serve"),
    "simulator": ("errors", "audio", "textfile"),
    "speech_server.models": ("errors",),
    "speech_server.engines": (
        *("errors", "audio", "language", "sis.wire"),
        "speech_server.models",
    ),
    "speech_server": (
        *("catalogue", "errors", "secret", "audio", "language", "textfile"),
        *(*_SIS, "speech_server.engines", "speech_server.models"),
    ),
    "store.migrations": (),
    "store.migrations.versions": (),
    "store": ("errors", "settings", "store_settings", "journal", "sis.wire", "dialogue.prompt"),
    "report": (
        *("errors", "settings", "audio", "journal", "simulator", "store", "language"),
        *("sis.access", "flow.file", "flow.steps", "flow.load", "flow.tools.draw"),
    ),
    "metrics": ("errors", "journal", "store"),
    "webhooks": ("errors", "store_settings", "journal", "store"),
    "tracing": ("errors", "store_settings", "journal", "ivr_agi"),
    "console": (
        *("errors", "settings", "journal", "threads", "store", "metrics", "webhooks", "tracing"),
    ),
    "console.access": ("errors",),
    "console.site": (
        "secret",
        *("errors", "settings", "store_settings", "journal", "language", "store", "report"),
        *("flow.file", "flow.load", "flow.steps", "flow.tools", "flow.tools.draw"),
        *("console", "console.access"),
    ),
    "console.demo": (
        *("errors", "audio", "journal", "language", "flow.file"),
        *("speech_server.engines", "rehearsal", "console.access"),
    ),
    "demo": (*_HOUSE, *_SHOW),
    "doctor": _HOUSE,
    "rehearsal": (*_HOUSE, *_SHOW),
    "bench": (*_HOUSE, *_SHOW, "rehearsal", "demo"),
    "cli": (*_HOUSE, *_SHOW, *_BESIDE, "demo", "doctor", "rehearsal", "bench", "ivr_agi"),
    "cli.bench": (*_HOUSE, *_SHOW, "demo", "rehearsal", "bench", "cli"),
    "ivr_agi": _HOUSE,
    "testing": (*_HOUSE, *_SHOW, "rehearsal"),
    "__main__": ("cli",),
    "benchmarks.asterisk": (*_HOUSE, *_SHOW, "bench"),
    "benchmarks": (
        *(*_HOUSE, *_SHOW, *_BESIDE, "demo", "rehearsal", "bench", "cli", "cli.bench"),
        "benchmarks.asterisk",
    ),
}
"""What each room may import. The arrows point down: no room reaches itself."""


_BY_THEMSELVES = {"ivr_agi.dialogue.line"}
"""Modules that lie lower than their folder, whose other modules run what stands on them."""


def room_of(module: str, *, is_face: bool) -> str:
    """The room a module lies in; a room's face belongs to the room."""
    parts = module.split(".")
    if module in _BY_THEMSELVES:
        return ".".join(parts[1:])
    folder = parts if is_face else parts[:-1]
    if folder == ["ivr_agi"]:
        return parts[-1]
    return ".".join(folder[1:] if folder[0] == "ivr_agi" else folder)


PURE = {
    "language and data types": (
        *("__future__", "abc", "asterisk.agi", "bisect", "calendar", "collections"),
        *("collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal", "difflib"),
        *("enum", "fractions", "functools", "hashlib", "heapq", "hmac", "html", "ipaddress"),
        *("itertools", "keyword", "math", "operator", "re", "statistics", "string", "struct"),
        *("textwrap", "types", "typing", "unicodedata", "urllib.parse", "weakref"),
    ),
    "text and numbers in, text and numbers out": (
        *(
            "audioop",
            "base64",
            "binascii",
            "jellyfish",
            "jinja2",
            "jinja2.runtime",
            "jinja2.sandbox",
            "json",
        ),
        *("json", "msgspec", "numpy", "soxr", "wave", "websockets.speedups", "websockets.utils"),
        *("xml.etree", "xml.parsers", "xml.sax.saxutils", "yaml", "zlib"),
    ),
    "tables of their own, read once, as code is": (
        *(
            "importlib",
            "importlib.metadata",
            "importlib.resources",
            "importlib.util",
            "phonenumbers",
            "zoneinfo",
        ),
    ),
    "a default that a test replaces": ("random", "secrets"),
    "debug lines, warnings and what is loaded": ("logging", "sys", "warnings"),
}
"""What a module without I/O may import that is not ours, by the reason why it is no I/O.

Everything else counts as I/O: whoever needs more adds it here and says why. ``asterisk.agi``
(pyst2) is in it for its exceptions, ``websockets`` for masking bytes, ``wave`` and ``yaml``
for what others opened.
"""

READS_FILES = {"ivr_agi.audio.wav": "reads the file that the caller names, by ``wave``"}
"""Modules of ours that do I/O although nothing they import shows it."""

WITHOUT_IO_CALLS = frozenset({"open", "print", "input", "breakpoint"})
"""Built-in functions that a module without I/O does not call."""

PATH_METHODS = frozenset(
    {
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "iterdir",
        "is_file",
        "mkdir",
        "unlink",
    }
)
"""Methods of paths that it does not call either, wherever the path comes from."""

PARTLY_CORE = {
    "ivr_agi.agi.audio": "CallAudio is without I/O, CallAudioReader is its shell",
    "ivr_agi.audio": "all but wav, which reads the file that the caller names",
    "ivr_agi.serve.stalls": "Lags is without I/O, watch_stalls() is its shell",
    "ivr_agi.simulator": "speaks of its modules",
    "ivr_agi.sis": "speaks of its modules",
}
"""Modules whose docstring says that something is without I/O, but not they."""

DOCUMENTED = {"os._exit": "ends a process that was forked; the documentation of ``os`` has it"}
"""Names with an underscore that are not private."""

NAMED_TUPLE = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
"""Named tuples' own, documented; the underscore keeps them apart from names of fields."""

TWICE = {
    "Answer": "the door's, for users' own code; benchmarks have another",
    "Call": "the door's, for users' own code; benchmarks have another",
    "Choice": "the door's, for users' own code; that of a flow file has templates and ways",
    "Message": "the door's, for users' own code; benchmarks have another",
    "say": "what a caller does in a test; what a benchmark prints",
    **dict.fromkeys(("down_revision", "revision", "upgrade"), "what Alembic calls in a migration"),
    "add_parser": "every sub-command offers itself so",
    "make_recognizer": "what an entry point of a recogniser names",
    "main": "what a process, or a command, begins with",
    "run": "a benchmark's one entry, called with the module's name before it",
}
"""Names that more than one module may define, and why."""
