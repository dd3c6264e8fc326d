"""A PostgreSQL server of our own: in a folder of its own, on a socket, without a network. Shell.

For the benchmark of the store and the tests: nothing of it is what a user runs.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("PostgresqlServer", "postgresql_server")


class PostgresqlServer:
    """A server that can be stopped and started again.

    Args:
        folder: An empty folder with a short path, for the socket is in it.

    Raises:
        MissingDependency: PostgreSQL is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._binaries = _find_binaries()
        self._user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its database."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def make(self) -> None:
        """Make its files."""
        if self._user:  # it refuses to be root's
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres", "-N")

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: It ended.
        """
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._user,
                    str(self._binaries / "postgres"),
                    *("-D", str(self.folder / "data"), "-k", str(self.folder)),
                    *("-c", "listen_addresses=", "-c", "fsync=off"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once; what was committed stays."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-w", "-D", str(self.folder / "data"))
        if self._process is not None:
            self._process.wait()

    def _run(self, program: str, *words: str) -> None:
        command = [*self._user, str(self._binaries / program), *words]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)


@contextlib.contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgresqlServer]:
    """Run a server in a folder meanwhile.

    Raises:
        MissingDependency: PostgreSQL is not installed.
    """
    server = PostgresqlServer(folder)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _find_binaries() -> Path:
    """Return where the server's programs are; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if found or on_path:
        return (found[-1] if found else Path(str(on_path))).parent
    raise MissingDependency("postgresql", hint="apt-get install postgresql")
