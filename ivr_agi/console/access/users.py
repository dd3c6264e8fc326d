"""The users of the page, in a file: names, roles, passwords by scrypt. Shell.

The cost of scrypt is OWASP's (Password Storage Cheat Sheet): N 2^15, r 8, p 3, 32 MB.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import os
import re
import secrets
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from ivr_agi.console.access.roles import Role
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("PageUser", "UserFile", "check_new_user")

LOG_N, R, P = 15, 8, 3
SALT_BYTES, HASH_BYTES = 16, 32
MEMORY_BYTES = 64 << 20
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
"""Characters of a password: what OWASP asks for where there is no second factor, nearly."""
MOST_USER_BYTES = 1_000_000
USER_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)


class PageUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user."""

    role: Literal["watch", "listen", "change", "administer"]
    password: Annotated[str, msgspec.Meta(pattern=r"^scrypt\$\d+\$\d+\$\d+\$[\w+/=]+\$[\w+/=]+$")]
    """``scrypt$log2 N$r$p$salt$hash``, the last two in base64."""

    @property
    def rank(self) -> Role:
        """What the user may do."""
        return Role[self.role.upper()]

    @property
    def mark(self) -> str:
        """Changes with the password and the role."""
        return hashlib.sha256(f"{self.role} {self.password}".encode()).hexdigest()

    def has_password(self, password: str) -> bool:
        """Return whether this is the password; takes 0.2 s and 32 MB."""
        _, log_n, r, p, salt, known = self.password.split("$")
        found = _scrypt(password, base64.b64decode(salt), int(log_n), int(r), int(p))
        return hmac.compare_digest(found, base64.b64decode(known))


class UserFile:
    """A file of users, read again when it changes.

    Args:
        path: The file, mode 0600. If it is missing, there are no users.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: dict[str, PageUser] = {}
        self._nobody = PageUser("watch", _told(secrets.token_bytes(SALT_BYTES), bytes(HASH_BYTES)))

    def users(self) -> dict[str, PageUser]:
        """Return all users, by name.

        Raises:
            ConfigError: The file cannot be read, is wrong, or others may read it.
        """
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._stamp, self._users = None, {}
            return {}
        except OSError as exc:
            raise self._error(f"cannot read the users: {exc.strerror}") from exc
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            if status.st_mode & 0o077:
                raise self._error(f"others may read the passwords: chmod 600 {self.path}")
            if status.st_size > MOST_USER_BYTES:
                raise self._error("it is too long for a file of users")
            try:
                self._users = msgspec.json.decode(self.path.read_bytes(), type=dict[str, PageUser])
            except (OSError, msgspec.MsgspecError) as exc:
                raise self._error("it is no file of users: ivr-agi users add makes one") from exc
            self._stamp = stamp
        return self._users

    def check(self, name: str, password: str) -> PageUser | None:
        """Return the user if the password is right; it takes as long if there is no such user.

        Raises:
            ConfigError: The file is wrong.
        """
        user = self.users().get(name)
        is_right = (user or self._nobody).has_password(password[: LONGEST_PASSWORD + 1])
        return user if is_right else None

    def add(self, name: str, role: Role, password: str) -> None:
        """Add a user, or change one.

        Raises:
            ConfigError: Name or password will not do, or the file cannot be written.
        """
        check_new_user(name, password)
        hashed = _hashed(password)
        with self._changing() as users:
            users[name] = PageUser(role.told, hashed)  # type: ignore[arg-type]  # checked by msgspec

    def remove(self, name: str) -> None:
        """Remove a user.

        Raises:
            ConfigError: There is none of that name, or the file cannot be written.
        """
        with self._changing() as users:
            if name not in users:
                raise self._error(f"there is no user {name!r}: ivr-agi users list has them")
            del users[name]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, PageUser]]:
        """Give the users to change, while nobody else does; write them whole, or not at all."""
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(
                self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600
            )
        except OSError as exc:
            raise self._error(f"cannot write the users: {exc.strerror}") from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            users = dict(self.users())
            yield users
            text = msgspec.json.format(msgspec.json.encode(users), indent=1)
            new.unlink(missing_ok=True)
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if self.path.exists():  # root adds a user; the console runs as Asterisk's
                status = self.path.stat()
                owner = (status.st_uid, status.st_gid)
            else:
                status = self.path.parent.stat()
                owner = (status.st_uid, status.st_gid)
            if os.getuid() == 0:
                os.chown(new, *owner)
            new.replace(self.path)
        except OSError as exc:
            raise self._error(f"cannot write the users: {exc.strerror}") from exc
        finally:
            os.close(lock)

    def _error(self, reason: str) -> ConfigError:
        return ConfigError(reason, path=str(self.path), key="console.users_file")


def check_new_user(name: str, password: str) -> None:
    """Refuse a name or a password that will not do.

    Raises:
        ConfigError: It will not.
    """
    if not USER_NAME.fullmatch(name):
        raise ConfigError(f"a name has letters, digits, and . @ _ - (64 at most), got {name!r}")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ConfigError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise ConfigError("this password is too easy to guess: take another one")


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(SALT_BYTES)
    return _told(salt, _scrypt(password, salt, LOG_N, R, P))


def _told(salt: bytes, found: bytes) -> str:
    salt_text, hash_text = (base64.b64encode(part).decode() for part in (salt, found))
    return f"scrypt${LOG_N}${R}${P}${salt_text}${hash_text}"


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**log_n,
        r=r,
        p=p,
        maxmem=MEMORY_BYTES,
        dklen=HASH_BYTES,
    )
