"""A data directory: who runs on it, where it publishes to, and the token its API asks for."""

import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from omnipub import private_files, user_directories
from omnipub.adapters.local.lock import LockTakenError, is_locked, locked
from omnipub.adapters.local.place import has_run
from omnipub.adapters.local.sqlite.database import check
from omnipub.config import Mode, Settings, from_environment, variable
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.hints import Action, Hint
from omnipub.storage.schema import MEANING
from omnipub.strict_json import loads

LOCK = "up.lock"
STATE = "up.json"
MODE = "mode"
TABLE = "table.db"
FILES = {TABLE: False, "stream.db": True, "delay.db": True}
"""SQLite's files, and whether omnipub can do without what is in them."""

PATIENCE = 0.5
"""Seconds that a directory is waited for: who asks whether somebody runs there holds it for a moment."""
TOKEN = "token"  # noqa: S105  a file's name
_SANDBOX_URL = r"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?/?"


@dataclass(frozen=True, kw_only=True)
class RunningInstance:
    """The `up` that runs on a data directory."""

    pid: int
    address: str
    mode: Mode
    since: str
    sandbox_url: str = ""
    meaning: int = MEANING


LEAD_MS = 0
"""The stream of one machine is read at once: what is put at its moment leaves some milliseconds later."""


def open_data(
    path: Path, environment: Mapping[str, str] | None = None, *, mode: Mode | None = None, state: Path | None = None
) -> Settings:
    """The settings of a data directory, which is made if it does not exist.

    Args:
        path: The directory.
        environment: Where other settings come from (default: this process's environment).
        mode: What is asked for; a directory serves the mode it was first used in for ever.
        state: The state directory, if not the one that the environment or the user's own names.

    Raises:
        ConfigurationError: The directory cannot be used, or serves the other mode.
        ConflictError: An omnipub that means something else by the items runs on it.
    """
    _make(path)
    kept = _kept_mode(path, mode)
    noted = _state(path)
    if noted and noted.meaning != MEANING and is_locked(path / LOCK):
        raise ConflictError(
            f"An omnipub of another release runs on {path} (process {noted.pid}), and both would misread each other.",
            hint=Hint(action=Action.START, when="Stop it and start this one", live=kept is Mode.LIVE),
        )
    known = {variable("lead_ms"): str(LEAD_MS)} | dict(os.environ if environment is None else environment)
    known |= {variable("data"): str(path), variable("mode"): kept.value}
    known[variable("state")] = str(_outside(path, state or known.get(variable("state"), "")))
    outside = sandbox_outside(kept, known)
    beside = noted.sandbox_url if noted and kept is Mode.SANDBOX else ""
    known[variable("sandbox_url")] = outside or beside
    return from_environment(known)


def _outside(data: Path, state: Path | str) -> Path:
    """The state directory, absolute.

    Raises:
        ConfigurationError: It lies in the data directory, and would be restored with what it testifies about.
    """
    path = Path(state).expanduser().absolute() if state else user_directories.state()
    if path.resolve().is_relative_to(data.resolve()):
        raise ConfigurationError(
            f"The state directory {path} lies in the data directory, whose copies it is to recognise.",
            hint=f"Choose one outside of {data} with --state DIR, or leave it out.",
        )
    return path


def sandbox_outside(mode: Mode, environment: Mapping[str, str] | None = None) -> str:
    """Where a sandbox runs that is to be used instead of one beside `up`; empty if none is, as live.

    Raises:
        ConfigurationError: The address is not on this machine: sandbox publications never leave it.
    """
    url = (os.environ if environment is None else environment).get(variable("sandbox_url"), "")
    if mode is Mode.LIVE or not url:
        return ""
    if not re.fullmatch(_SANDBOX_URL, url):
        raise ConfigurationError(
            f"{variable('sandbox_url')} is '{url}'; a sandbox answers on this machine only.",
            hint="Use the address it printed, e.g. http://127.0.0.1:8800, or leave the variable out.",
        )
    return url.rstrip("/")


def running(path: Path) -> RunningInstance | None:
    """Who runs on the directory now; a dead process's note does not count."""
    state = _state(path)
    return state if state is not None and is_locked(path / LOCK) else None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the directory: no other `up` runs on it.

    Raises:
        ConflictError: One does; names it.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(path / LOCK, patience=PATIENCE))
        except LockTakenError as error:
            state = _state(path)
            who = f" (process {state.pid}, {state.address})" if state else ""
            raise ConflictError(
                f"omnipub already runs on {path}{who}.",
                hint="Stop it, or choose another directory with --data DIR.",
            ) from error
        yield


def sound(path: Path) -> None:
    """Pass if the data files can be trusted; nothing is changed.

    Raises:
        UnavailableError: One is damaged.
        ConfigurationError: There is no table, though omnipub has run here.
    """
    table = path / TABLE
    if has_run(path) and not (table.exists() and table.stat().st_size):
        raise ConfigurationError(
            f"{table} is missing or empty, though omnipub has run here: what was scheduled is in it.",
            hint=(Hint(action=Action.RESTORE, data=str(path)), "Or begin anew in another directory: --data DIR."),
        )
    for name, expendable in FILES.items():
        check(path / name, expendable=expendable)


def note_running(path: Path, state: RunningInstance) -> None:
    """Write down who runs, for other processes of this user."""
    text = json.dumps(
        {
            "pid": state.pid,
            "address": state.address,
            "mode": state.mode.value,
            "since": state.since,
            "sandbox_url": state.sandbox_url,
            "meaning": state.meaning,
        }
    )
    _write(path / STATE, text)


def now_text() -> str:
    """This moment, for `RunningInstance.since`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def api_token(path: Path) -> str:
    """The token of the loopback API, made once and readable by this user only."""
    file = path / TOKEN
    kept = file.read_text().strip() if file.exists() else ""
    if kept:
        return kept
    token = secrets.token_urlsafe(32)
    _write(file, token)
    return token


def _write(file: Path, text: str) -> None:
    """Write a file of this user's, whole or not at all, whatever is killed or loses power meanwhile."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    Path(name).replace(file)


def _make(path: Path) -> None:
    try:
        private_files.directory(path)
        probe = private_files.file(path / ".writable")
        probe.write_text("")
        probe.unlink(missing_ok=True)  # another command may try at the same moment
    except OSError as error:
        raise ConfigurationError(
            f"The data directory {path} cannot be used: {error.strerror}.", hint="Choose another with --data DIR."
        ) from error


def _kept_mode(path: Path, wanted: Mode | None) -> Mode:
    file = path / MODE
    if not file.exists():
        mode = wanted or Mode.SANDBOX
        _write(file, mode.value)
        return mode
    kept = _mode_in(file)
    if wanted is not None and wanted is not kept:
        raise ConfigurationError(
            f"The data in {path} belongs to {kept.value} publications; sandbox and live are never mixed.",
            hint=f"Use another directory for {wanted.value}: --data DIR.",
        )
    return kept


def _mode_in(file: Path) -> Mode:
    text = file.read_text(errors="replace").strip()
    try:
        return Mode(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{file} says '{text[:20]}'; it must say {' or '.join(Mode)}.",
            hint=f"Write the right one of the two into it, and nothing else: {file}",
        ) from error


def _state(path: Path) -> RunningInstance | None:
    try:
        known = loads((path / STATE).read_text(), lenient=True)
        return RunningInstance(
            pid=int(known["pid"]),
            address=str(known["address"]),
            mode=Mode(known["mode"]),
            since=str(known["since"]),
            sandbox_url=str(known["sandbox_url"]),
            meaning=int(known.get("meaning", 1)),
        )
    except (OSError, ValueError, KeyError):
        return None
