"""botocore's clients of this process: one session, each client made at its first use and shared by all threads.

Region, credentials and endpoints come from where AWS' own tools look for them.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long a call may take.

    Attributes:
        connecting: Seconds until there is a connection.
        reading: Seconds between two bytes of an answer.
        attempts: Tries of one call, the first one included; botocore waits between them with jitter.
    """

    connecting: int = 2
    reading: int = 5
    attempts: int = 3


FAST_PATH = RetryPolicy(connecting=1, reading=3, attempts=2)
"""What only saves time must not cost much of it: the table knows, and the next tick looks."""

_PATIENCE: Mapping[str, RetryPolicy] = dict.fromkeys(("kinesis", "lambda", "sns", "sqs"), FAST_PATH)

CONNECTIONS = 64
"""Of one service, side by side: more than a worker has sends."""


def patience_with(service: str) -> RetryPolicy:
    """How long calls of a service may take."""
    return _PATIENCE.get(service, RetryPolicy())


class Clients:
    """Makes clients.

    Attributes:
        session: botocore's session; a test hangs its faults into its events.
    """

    def __init__(
        self, *, endpoint: str | None = None, region: str | None = None, create: Callable[..., Any] | None = None
    ) -> None:
        """Nothing is imported or connected yet.

        Args:
            endpoint: Where all services answer instead of AWS' own addresses.
            region: Another region than the environment's.
            create: Makes a client instead of an own session, e.g. a boto3 session's `client`.
        """
        self._endpoint = endpoint
        self._region = region
        self._create = create
        self._session: Any = None
        self._made: dict[tuple[str, RetryPolicy | None], Any] = {}
        self._lock = threading.RLock()

    @property
    def session(self) -> Any:
        """The session, made at its first use: importing it takes longer than anything else at a cold start."""
        with self._lock:
            if self._session is None:
                from botocore.session import Session

                self._session = Session()
            return self._session

    def of(self, service: str, patience: RetryPolicy | None = None) -> Any:
        """The client of a service: `dynamodb`, `kinesis`, `sqs`, `kms`, `s3`, `lambda` or `cloudwatch`.

        Args:
            service: Its name.
            patience: Another than calls of that service have.
        """
        wanted = (service, patience)
        if wanted not in self._made:
            with self._lock:  # a session is not for several threads, its clients are
                if wanted not in self._made:
                    self._made[wanted] = self._make(service, patience or patience_with(service))
        return self._made[wanted]

    def close(self) -> None:
        """Close all connections; clients that are used again open new ones."""
        with self._lock:
            for client in self._made.values():
                client.close()

    def _make(self, service: str, patience: RetryPolicy) -> Any:
        from botocore.config import Config

        from omnipub.adapters.aws.errors import translated

        config = Config(
            connect_timeout=patience.connecting,
            read_timeout=patience.reading,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            max_pool_connections=CONNECTIONS,
            tcp_keepalive=True,
        )
        with translated(f"a client of {service}"):
            create = self._create or self.session.create_client
            return create(service, config=config, endpoint_url=self._endpoint, region_name=self._region)
