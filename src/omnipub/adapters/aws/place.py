"""The place of a table on AWS: its ARN and id, with the epoch in the stage's bucket.

A restore makes a table of another id, even under the old name, and never touches the bucket.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.adapters.aws.retries import Pause, tries
from omnipub.errors import UnavailableError
from omnipub.ports.place import ClaimRecord, Evidence

PREFIX = "seats/"
"""What the objects' names begin with; the table's name follows."""

KNOWN_SECONDS = 60.0
"""How long what was read counts: a table takes longer than that to be deleted and restored under its name."""

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_RACED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class AwsPlace:
    """The `Place` port over a table's description and an object in S3.

    Args:
        clients: Of this process.
        table: The table's name.
        bucket: Where the epoch is remembered.
        pause: How it waits between tries.
        monotonic: Seconds that only go up.
    """

    exclusive = False

    def __init__(
        self,
        clients: Clients,
        *,
        table: str,
        bucket: str,
        pause: Pause = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.boot = 0
        self.where = f"the bucket {bucket}"
        self._clients = clients
        self._table = table
        self._bucket = bucket
        self._pause = pause
        self._monotonic = monotonic
        self._known: dict[Callable[[], Any], tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def fresh(self, epoch: int) -> str:  # noqa: ARG002  the object is of the table's name
        """ARN and id: a copy differs in the ARN, a table restored under the same name in the id."""
        return str(self._recently(self._described))

    def evidence(self, identity: str) -> Evidence | None:
        """The epoch in the object; nothing of a table that is another one than this stage's."""
        if identity != self._recently(self._described):
            return None
        epoch = int(self._recently(self._remembered)[0])
        return Evidence(epoch=epoch)

    def has_run(self) -> bool:
        """Whether there is an epoch."""
        return bool(self._recently(self._remembered)[0])

    def hold(self, identity: str) -> None:
        """Nothing to hold: functions of a stage work beside each other, and the claims keep them apart."""

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:  # noqa: ARG002  functions have no common start
        """Remember the epoch."""
        self.remember(identity, epoch)

    def join(self, identity: str) -> None:
        """Nothing to join, as there is nothing to hold."""

    def remember(self, identity: str, epoch: int) -> None:  # noqa: ARG002  likewise
        """Write the epoch; a higher one that somebody else wrote meanwhile stays."""
        for _ in tries(self._pause):
            there, tag = self._remembered()
            if there >= epoch or self._write(epoch, tag):
                with self._lock:
                    self._known.pop(self._remembered, None)
                return
        raise UnavailableError(f"The epoch of {self._table} is written by many at once.", hint="Try again.")

    def claimed(self, claim: ClaimRecord) -> None:
        """Nothing to write: a restore makes a table of another id, which the identity shows."""

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:  # noqa: ARG002  likewise
        """None."""
        return ()

    def claims(self, identity: str, *, since: int) -> Iterator[ClaimRecord]:  # noqa: ARG002  likewise
        """None."""
        return iter(())

    def succeed(self, identity: str, successor: str) -> None:
        """Nothing to write: what the table was before has another ARN or id."""

    def _described(self) -> str:
        with translated(f"The table {self._table}"):
            table = self._clients.of("dynamodb").describe_table(TableName=self._table)["Table"]
        return f"{table['TableArn']}/{table['TableId']}"

    def _remembered(self) -> tuple[int, str]:
        """The epoch and the object's tag; 0 and none if there is no object."""
        try:
            with translated(f"The bucket {self._bucket}"):
                found = self._clients.of("s3").get_object(Bucket=self._bucket, Key=self._name)
                with found["Body"] as body:
                    return int(body.read()), str(found["ETag"])
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise
            return 0, ""

    def _write(self, epoch: int, tag: str) -> bool:
        """Write it unless the object has changed; whether it was written."""
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        try:
            with translated(f"The bucket {self._bucket}"):
                self._clients.of("s3").put_object(
                    Bucket=self._bucket, Key=self._name, Body=str(epoch).encode(), ContentType="text/plain", **condition
                )
        except ClientError as error:
            if code_of(error) not in _RACED:
                raise
            return False
        return True

    @property
    def _name(self) -> str:
        return f"{PREFIX}{self._table}"

    def _recently(self, read: Callable[[], Any]) -> Any:
        with self._lock:
            at, value = self._known.get(read, (0.0, None))
            if value is None or self._monotonic() - at >= KNOWN_SECONDS:
                at, value = self._monotonic(), read()
                self._known[read] = (at, value)
            return value
