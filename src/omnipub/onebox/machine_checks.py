"""What can be wrong with this machine and its data directory, looked at without opening the data.

It works on a directory that cannot be opened: that is when somebody asks.
"""

import platform
import re
import shlex
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from omnipub import __version__
from omnipub.adapters.local.sqlite.stream import SqliteStream
from omnipub.adapters.system.worker_pool import TOTAL
from omnipub.config import Mode
from omnipub.hints import Action, Hint
from omnipub.onebox.data_directory import MODE, TOKEN, running
from omnipub.onebox.file_permissions import OWN, OWN_EVIDENCE, readable
from omnipub.services.health.finding import Finding, Health, fine
from omnipub.services.scheduling.dispatch import ALARMING_SILENCE
from omnipub.storage.schema import INDEXES
from omnipub.wiring.assemble import System

TABLE, KEY = "table.db", "vault.key"
FULL_LATELY = timedelta(minutes=10)
FILES = (TABLE, "stream.db", "delay.db")

MEGABYTE = 1024 * 1024
LITTLE, TOO_LITTLE = 1024 * MEGABYTE, 100 * MEGABYTE
"""Free space that is worth a warning, and with which SQLite may not be able to commit."""

MOUNTS = Path("/proc/self/mountinfo")
NETWORKED = re.compile(
    r"(nfs|smb|cifs|9p|afs|ceph|gluster|lustre|beegfs|ncp|davfs|fuse\.(sshfs|s3fs|rclone|gcsfuse|gluster)).*"
)
"""File systems whose locks SQLite cannot trust."""

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
"""File systems that are empty after a restart."""

_ESCAPED = re.compile(r"\\([0-7]{3})")


def look(data: Path, state: Path) -> Iterator[Finding]:
    """Everything that can be told from outside of the data, and of the state directory with its evidence."""
    yield fine(
        "versions",
        f"omnipub {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"table with {' and '.join(INDEXES)}.",
    )
    if not data.is_dir():
        what = f"There is no data in {data} yet."
        yield Finding(name="data", health=Health.WARN, what=what, next=start_of(data))
        return
    yield _mode(data)
    yield _up(data)
    yield _file_system(data)
    yield disk(data)
    yield from _secrets(data)
    yield _private("files", data, OWN)
    if state.is_dir():
        yield _private("evidence", state, OWN_EVIDENCE)
        if _file_system(state).health is not Health.OK:
            yield _file_system(state)


def stream(system: System) -> Iterator[Finding]:
    """Whether the worker keeps up with the stream of this machine."""
    carried = system.world.stream
    if not isinstance(carried, SqliteStream):
        return
    parked = carried.parked.count()
    if parked:
        what = f"Records the worker was given in vain, and that are parked: {parked}."
        yield Finding(
            name="parked", health=Health.WARN, what=what, next=Hint(action=Action.REPLAY_PARKED), count=parked
        )
    else:
        yield fine("parked", "No record is parked.")
    waits = timedelta(milliseconds=carried.iterator_age_ms())
    since = system.world.clock.now() - waits
    if not waits:
        yield fine("stream", "All that is on the stream has been read.")
    elif waits <= ALARMING_SILENCE:
        yield fine("stream", "The oldest record that waits to be read arrived then.", since)
    else:
        what = "The worker does not keep up: the oldest record that waits to be read arrived then."
        data = Path(system.settings.data)
        remedy = "" if running(data) else start_of(data)
        yield Finding(name="stream", health=Health.BAD, what=what, at=since, next=remedy)
    full = carried.full_ms_ago()
    if full is not None and timedelta(milliseconds=full) <= FULL_LATELY:
        what = f"{TOTAL} requests were under way then, as many as may be: deliveries waited for networks that hang."
        at = system.world.clock.now() - timedelta(milliseconds=full)
        yield Finding(name="under way", health=Health.WARN, what=what, at=at, next=Hint(action=Action.LIST_ACCOUNTS))


def connected(system: System, owner: str) -> Iterator[Finding]:
    """That the owner has no account to publish with; nothing if there is one."""
    if system.accounts.of(owner):
        return
    data = Path(system.settings.data)
    sandbox = system.settings.mode is Mode.SANDBOX and running(data) is None
    what = "No account is connected, so there is nowhere to publish."
    remedy = start_of(data) if sandbox else "connections connect --help"
    yield Finding(name="accounts", health=Health.WARN, what=what, next=remedy)


def can_be_opened(data: Path) -> bool:
    """Whether opening the data would only read it.

    A lost key must not be made anew without a word.
    """
    return (data / TABLE).is_file() and (data / KEY).is_file()


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, by the text of a mountinfo file; empty if none fits."""
    found = ("", "")
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:  # noqa: PLR2004  the mount point is the fifth field
            continue
        place = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4])
        if path.is_relative_to(place) and len(place) >= len(found[0]):
            found = (place, right.split()[0])
    return found[1]


def start_of(data: Path) -> Hint:
    """How to start it: publishing for real is never begun by an innocent word."""
    return Hint(action=Action.START, live=_mode_of(data) == Mode.LIVE)


def _mode_of(data: Path) -> str:
    file = data / MODE
    return file.read_text().strip() if file.is_file() else ""


def _mode(data: Path) -> Finding:
    mode = _mode_of(data)
    if not mode:
        return fine("mode", f"{data} has not been used yet.")
    promise = "nothing leaves this machine" if mode == "sandbox" else "posts are real"
    return fine("mode", f"{data} is {mode}: {promise}.")


def _up(data: Path) -> Finding:
    state = running(data)
    if state is None:
        what = "Nothing runs on it, so nothing is published."
        return Finding(name="up", health=Health.WARN, what=what, next=start_of(data))
    return fine("up", f"It runs as process {state.pid} at {state.address}.")


def _file_system(data: Path) -> Finding:
    if not MOUNTS.is_file():
        return fine("file system", "This system does not tell what kind it is; it must be a local one.")
    kind = _kind_of(data)
    if NETWORKED.fullmatch(kind):
        what = (
            f"{data} is on {kind}, a network file system: SQLite can lose or tear data there. Move it to a local disk."
        )
        return Finding(name="file system", health=Health.BAD, what=what, elsewhere=f"df -T {shlex.quote(str(data))}")
    if kind in IN_MEMORY:
        what = (
            f"{data} is on {kind}, which is memory: when this machine restarts, all of it is gone. Stop what runs, and "
            "move it to a disk."
        )
        return Finding(name="file system", health=Health.WARN, what=what, elsewhere=f"df -T {shlex.quote(str(data))}")
    return fine("file system", f"{data} is on {kind or 'a file system of unknown kind'}.")


def _kind_of(path: Path) -> str:
    return file_system_of(path.resolve(), MOUNTS.read_text()) if MOUNTS.is_file() else ""


def _private(name: str, directory: Path, patterns: tuple[str, ...]) -> Finding:
    """Whether only their owner can read the files: unpublished messages are in them, and what was sent."""
    found = readable(directory, patterns)
    if not found:
        return fine(name, f"Only their owner can read the files in {directory}.")
    what = f"Others can read or write files in {directory}: {len(found)}, among them {found[0].name}."
    return Finding(name=name, health=Health.BAD, what=what, elsewhere=f"chmod -R go= {shlex.quote(str(directory))}")


def disk(data: Path) -> Finding:
    """How much room is left for the data."""
    free = shutil.disk_usage(data).free
    files = (path for name in FILES for path in (data / name, data / f"{name}-wal"))
    used = sum(path.stat().st_size for path in files if path.is_file())
    what = f"Free: {free // MEGABYTE:,} MB; the data files have {used / MEGABYTE:,.1f} MB."
    if free >= LITTLE:
        return fine("disk", what)
    health = Health.WARN if free >= TOO_LITTLE else Health.BAD
    return Finding(name="disk", health=health, what=what, elsewhere=f"df -h {shlex.quote(str(data))}")


def _secrets(data: Path) -> Iterator[Finding]:
    """The files that only their owner may read; without its key a table cannot open any token."""
    if (data / TABLE).is_file() and not (data / KEY).is_file():
        what = (
            f"The key file {data / KEY} is gone, and no token opens without it. Restore it from a backup. Until then "
            "the table is not looked at, because opening it would make a new key."
        )
        yield Finding(name="key", health=Health.BAD, what=what)
    for name, path in (("key", data / KEY), ("api token", data / TOKEN)):
        if not path.is_file():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            what = f"{path} can be read by others: its mode is {mode:04o}."
            yield Finding(name=name, health=Health.BAD, what=what, elsewhere=f"chmod 600 {shlex.quote(str(path))}")
        else:
            yield fine(name, f"Only its owner can read {path.name}.")
