"""Sessions that Bluesky opened, kept in memory: a login costs a request and counts against a limit of its own."""

from datetime import datetime, timedelta
from threading import Lock

from omnipub.domain.conversation import Account, Secret

SESSION_LASTS = timedelta(minutes=100)
"""Of the 120 minutes that Bluesky gives it."""


class Sessions:
    """Open sessions by server, account and app password: another password does not get in by them.

    Two threads may open one at the same moment; then the later one stays, and both are good.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[str, str, Secret], tuple[Secret, datetime]] = {}

    def find(self, account: Account, now: datetime | None) -> Secret | None:
        """The account's session; of any age, if it is not known what time it is."""
        with self._lock:
            session, until = self._open.get(_lock_of(account), (None, None))
        return session if now is None or until is None or now < until else None

    def keep(self, account: Account, session: Secret, now: datetime) -> None:
        """Remember a new session, and forget those that are over."""
        with self._lock:
            self._open = {who: kept for who, kept in self._open.items() if now < kept[1]}
            self._open[_lock_of(account)] = (session, now + SESSION_LASTS)

    def drop(self, account: Account, session: Secret) -> None:
        """Forget this session, but not one that somebody has opened since."""
        with self._lock:
            if self._open.get(_lock_of(account), (None,))[0] == session:
                del self._open[_lock_of(account)]


def _lock_of(account: Account) -> tuple[str, str, Secret]:
    return (account.base_url, account.id, account.token)
