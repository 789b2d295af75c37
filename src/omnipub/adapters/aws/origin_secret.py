"""The secret with which CloudFront proves that a request came through it: its present value and the one before.

Secrets Manager keeps both under its own labels, so a rotation takes nothing from requests that are under way.
"""

import threading
import time
from collections.abc import Callable
from hmac import compare_digest

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import translated
from omnipub.errors import ConfigurationError

KNOWN_SECONDS = 600.0
"""How long what was read counts: a value that is no longer accepted elsewhere is refused here after that."""

LEAST_SECONDS = 30.0
"""Between two readings: a stranger who guesses must not make us ask again and again."""

LABELS = ("AWSCURRENT", "AWSPREVIOUS")


class OriginSecret:
    """Knows the secret.

    Args:
        clients: Of this process.
        name: ARN of the secret.
        monotonic: Seconds that only go up.
    """

    def __init__(self, clients: Clients, name: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._name = name
        self._monotonic = monotonic
        self._values: tuple[str, ...] = ()
        self._read_at = -KNOWN_SECONDS
        self._lock = threading.Lock()

    def is_known(self, given: str) -> bool:
        """Whether `given` is one of the two values.

        Raises:
            UnavailableError: Secrets Manager does not answer, and what was read before is too old.
        """
        with self._lock:
            age = self._monotonic() - self._read_at
            if age >= KNOWN_SECONDS:
                self._read()
            elif age >= LEAST_SECONDS and not self._matches(given):
                self._read()  # perhaps it was rotated meanwhile
            return self._matches(given)

    def _matches(self, given: str) -> bool:
        return any([compare_digest(given.encode(), value.encode()) for value in self._values])  # noqa: C419  all, in equal time

    def _read(self) -> None:
        current, *before = LABELS
        values = [self._value(current)]
        for label in before:
            try:
                values.append(self._value(label))
            except ConfigurationError:
                continue  # it has never been rotated
        self._values, self._read_at = tuple(values), self._monotonic()

    def _value(self, label: str) -> str:
        with translated(f"The secret {self._name}"):
            answer = self._clients.of("secretsmanager").get_secret_value(SecretId=self._name, VersionStage=label)
            return str(answer["SecretString"])
