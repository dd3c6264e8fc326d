"""Guards for every test: nothing blocks the event loop, nothing is left behind.

What is left behind makes other tests fail, those that come next in the same process: file
descriptors, threads of the shared pools that hang, handlers of the log, handlers of signals, the
current folder, variables of the environment.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping

import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from ivr_agi.threads import FILES, USER_CODE
from tests.patience import PATIENCE_S
from tests.virtual import VirtualTimeLoop

hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# A shell starts what runs beside it with SIGINT ignored, and all its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

ALLOWED = {
    "tests/chaos/killed.py": {"_events"},
    "benchmarks/launch.py": {"_programs"},
    "ivr_agi/cli/call.py": {"_call"},
    "ivr_agi/demo/run.py": {"run_demo"},
    "ivr_agi/dialogue/prompt/cache.py": {"__init__", "ensure", "find"},
    "ivr_agi/dialogue/prompt/file.py": {"pcm"},
    "ivr_agi/flow/file/hours.py": {"_local"},
    "ivr_agi/flow/load/loader.py": {
        "find_flow",
        "load_installation",
        "load_program",
        "_find_called",
        "_read",
    },
    "ivr_agi/flow/tools/vocabularies.py": {"_read", "write_vocabularies"},
    "ivr_agi/rehearsal/engines.py": {"_ask"},
    "ivr_agi/rehearsal/timed_sounds.py": {"_length_samples"},
    "ivr_agi/rehearsal/virtual.py": {"run_in_executor"},
    "ivr_agi/serve/server.py": {"__init__"},
    "ivr_agi/serve/wiring.py": {"_read_private"},
    "ivr_agi/sis/access/shared_file.py": {"read", "_locked", "_parse", "_write"},
    "ivr_agi/simulator/sound_folder.py": {"__call__"},
    "ivr_agi/threads.py": {"in_own_loop"},  # that of a user's function
    "tests/virtual.py": {"run_in_executor"},
}
"""Small files on the local disk, in a process that has one call. Sockets and pipes never block."""


WORKERS_PER_CORE = 2
"""Of pytest-xdist: the tests wait more than they work."""
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)


def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes ``-n auto`` is."""
    return max(4, WORKERS_PER_CORE * len(os.sched_getaffinity(0)))


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Give a test the real time, or the virtual one that it asks for (tests/virtual.py)."""
    if item.get_closest_marker("virtual_time") and not item.get_closest_marker("real_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones, which wait while another core works; skip what cannot be run.

    That is what needs the recogniser where it cannot be installed (Python 3.14: no wheel yet).
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if importlib.util.find_spec("pocketsphinx") is None:
        skip = pytest.mark.skip(reason="pocketsphinx is not installed")
        for item in items:
            if item.get_closest_marker("engine"):
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """A call that blocks the event loop, made by our code, fails the test; benchmarks may block."""
    with blockbuster_ctx("ivr_agi", excluded_modules=["tests", "ivr_agi.bench"]) as guard:
        _allow(guard)
        yield


def _allow(guard: BlockBuster) -> None:
    for function in guard.functions.values():
        for file, names in ALLOWED.items():
            function.can_block_in(file, names)


@pytest.fixture(autouse=True, scope="module")
def _no_answers_of_other_tests() -> None:
    """A file's tests run what they test, whatever others have left in the caches of pure code.

    Else who runs a module, and so tests/mirror.py, would depend on the order of the files.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith(("ivr_agi.language.", "ivr_agi.flow.")):
            for value in list(vars(module).values()):
                if callable(forget := getattr(value, "cache_clear", None)):
                    forget()


@pytest.fixture(autouse=True)
def _no_leaked_fds() -> Iterator[None]:
    """A test closes what it opens.

    What only waits for the garbage collector is closed; it is asked where something is open, as it
    takes longer than most tests do.
    """
    before = _open_fds()
    yield
    if len(_open_fds()) > len(before) + 1:
        gc.collect()
    assert len(_open_fds()) <= len(before) + 1, sorted(_open_fds() - before)


@pytest.fixture(autouse=True)
def _no_hanging_threads() -> Iterator[None]:
    """A test that hangs threads has a pool of its own, or lets them go: others need these."""
    yield
    for pool in (FILES, USER_CODE):
        until = time.monotonic() + PATIENCE_S
        while pool.n_busy and time.monotonic() < until:
            time.sleep(0.001)
        assert not pool.n_busy, f"{pool.n_busy} threads for {pool.name} still hang"


@pytest.fixture(autouse=True)
def _nothing_else_is_changed() -> Iterator[None]:
    """A test takes back what it sets for the whole process.

    Scripts and functions of users add their folder to ``sys.path``: that is taken back here.
    """
    before, path = _settings_of_the_process(), sys.path[:]
    yield
    sys.path[:] = path
    assert _settings_of_the_process() == before


def _settings_of_the_process() -> dict[str, object]:
    log = logging.getLogger("ivr_agi")
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {
        "log": (log.handlers[:], log.level, log.propagate, log.disabled),
        "signals": [signal.getsignal(number) for number in SIGNALS],
        "folder": os.getcwd(),
        "environment": environment,
        "clocks": (time.monotonic, time.time, time.perf_counter),
    }


def _open_fds() -> set[str]:
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
        except FileNotFoundError:
            continue
        if target.startswith(("pipe:", "socket:")):
            found.add(f"{fd} -> {target}")
    return found
