"""Connections that wait for another request of the same account to the same place.

Rules of this file:
1. A connection belongs to one account, one origin and one judgement of the address guard; nobody else gets it.
2. It waits for `IDLE_SECONDS` at most, less than servers and their load balancers do, and lives for `AGE_SECONDS` at
   most. Then the name is looked up and the address judged again.
3. Whatever a server sends while nobody asked, its goodbye included, ends a connection.
4. Both of a machine's clocks count. One stands still while a function or a laptop sleeps, the other may be set.
"""

import socket
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field

from urllib3.connection import HTTPConnection
from urllib3.util.wait import wait_for_read

IDLE_SECONDS = 4.0
AGE_SECONDS = 60.0
AT_MOST = 64
"""Waiting connections in all: each is an open file."""


def _stamp() -> tuple[float, float]:
    return time.monotonic(), time.time()


def _within(since: tuple[float, float], seconds: float) -> bool:
    return all(0 <= now - then < seconds for now, then in zip(_stamp(), since, strict=True))


@dataclass
class PooledConnection:
    """A connection that is made, and the socket beneath it."""

    connection: HTTPConnection
    socket: socket.socket
    opened: tuple[float, float] = field(default_factory=_stamp)
    used: tuple[float, float] = field(default_factory=_stamp)
    was_used: bool = False

    @property
    def is_fit(self) -> bool:
        """Whether another request may go over it, as far as can be known here."""
        return (
            _within(self.opened, AGE_SECONDS)
            and _within(self.used, IDLE_SECONDS)
            and not wait_for_read(self.socket, timeout=0)
        )

    def hang_up(self) -> None:
        """Close it."""
        self.socket.close()


class ConnectionPool:
    """At most one waiting connection for each key, for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, PooledConnection] = {}

    def take(self, key: Hashable) -> PooledConnection | None:
        """The connection of this key, if one is waiting that is fit; it is the caller's from now on."""
        with self._lock:
            line = self._waiting.pop(key, None)
        if line is not None and not line.is_fit:
            line.hang_up()
            return None
        return line

    def keep(self, key: Hashable, line: PooledConnection) -> None:
        """Let it wait; whatever waits for too long, or is one too many, is closed."""
        line.used, line.was_used = _stamp(), True
        with self._lock:
            ended = [known for known, one in self._waiting.items() if not _within(one.used, IDLE_SECONDS)]
            ended += [key] if key in self._waiting and key not in ended else []
            closing = [self._waiting.pop(one) for one in ended]
            self._waiting[key] = line
            while len(self._waiting) > AT_MOST:
                closing.append(self._waiting.pop(next(iter(self._waiting))))
        for one in closing:
            one.hang_up()

    def close(self) -> None:
        """Close all that wait."""
        with self._lock:
            closing = list(self._waiting.values())
            self._waiting.clear()
        for one in closing:
            one.hang_up()
