"""A data directory: who runs on it, where it publishes to, and the token its API asks for."""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from omnipub.config import Mode, Settings, from_environment, variable
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.names import SERVICE

LOCK = "up.lock"
STATE = "up.json"
MODE = "mode"
TOKEN = "token"  # noqa: S105  a file's name


@dataclass(frozen=True, kw_only=True)
class Running:
    """The `up` that runs on a data directory."""

    pid: int
    address: str
    mode: Mode
    since: str
    sandbox_url: str = ""


def default_data() -> Path:
    """The data directory of this user, by XDG."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / SERVICE


def open_data(path: Path, environment: Mapping[str, str] | None = None, *, mode: Mode | None = None) -> Settings:
    """The settings of a data directory, which is made if it does not exist.

    Args:
        path: The directory.
        environment: Where other settings come from (default: this process's environment).
        mode: What is asked for; a directory serves the mode it was first used in for ever.

    Raises:
        ConfigurationError: The directory cannot be used, or serves the other mode.
    """
    _make(path)
    kept = _kept_mode(path, mode)
    state = _state(path)
    known = dict(os.environ if environment is None else environment)
    known |= {variable("data"): str(path), variable("mode"): kept.value}
    known[variable("sandbox_url")] = state.sandbox_url if state and kept is Mode.SANDBOX else ""
    return from_environment(known)


def running(path: Path) -> Running | None:
    """Who runs on the directory now; a dead process's note does not count."""
    state = _state(path)
    if state is None or not (path / LOCK).exists():
        return None
    with (path / LOCK).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return state
    return None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the directory: no other `up` runs on it.

    Raises:
        ConflictError: One does; names it.
    """
    with (path / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            state = _state(path)
            who = f" (process {state.pid}, {state.address})" if state else ""
            raise ConflictError(
                f"omnipub already runs on {path}{who}.",
                hint="Stop it, or choose another directory with --data DIR.",
            ) from error
        yield


def note_running(path: Path, state: Running) -> None:
    """Write down who runs, for other processes of this user."""
    text = json.dumps(
        {
            "pid": state.pid,
            "address": state.address,
            "mode": state.mode.value,
            "since": state.since,
            "sandbox_url": state.sandbox_url,
        }
    )
    temporary = path / f".{STATE}"
    temporary.write_text(text)
    temporary.replace(path / STATE)


def now_text() -> str:
    """This moment, for `Running.since`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def api_token(path: Path) -> str:
    """The token of the loopback API, made once and readable by this user only."""
    file = path / TOKEN
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return file.read_text().strip()
    token = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token)
    return token


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"The data directory {path} cannot be used: {error.strerror}.", hint="Choose another with --data DIR."
        ) from error


def _kept_mode(path: Path, asked: Mode | None) -> Mode:
    file = path / MODE
    if not file.exists():
        mode = asked or Mode.SANDBOX
        file.write_text(mode.value)
        return mode
    kept = Mode(file.read_text().strip())
    if asked is not None and asked is not kept:
        raise ConfigurationError(
            f"The data in {path} belongs to {kept.value} publications; sandbox and live are never mixed.",
            hint=f"Use another directory for {asked.value}: --data DIR.",
        )
    return kept


def _state(path: Path) -> Running | None:
    try:
        known = json.loads((path / STATE).read_text())
        return Running(
            pid=int(known["pid"]),
            address=str(known["address"]),
            mode=Mode(known["mode"]),
            since=str(known["since"]),
            sandbox_url=str(known["sandbox_url"]),
        )
    except (OSError, ValueError, KeyError):
        return None
