"""Messages of the delay queue that its consumer gave up on, as objects in S3."""

import json
from collections.abc import Mapping
from typing import Any

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import translated
from omnipub.domain.timestamps import to_text
from omnipub.ports.clock import Clock

PREFIX = "delay/"
"""What the names of such objects begin with; Lambda's own begin with `aws/lambda/`."""


class S3Parking:
    """Parks messages whole, under a name that a message parked twice has twice.

    Args:
        clients: Of this process.
        bucket: The bucket of what is parked.
        clock: Says when.
    """

    def __init__(self, clients: Clients, bucket: str, clock: Clock) -> None:
        self._clients = clients
        self._bucket = bucket
        self._clock = clock

    def park(self, message: Mapping[str, Any]) -> None:
        """Keep a message of an SQS event.

        Raises:
            UnavailableError: The bucket did not answer; the message may be there.
            ConfigurationError: There is no such bucket, or it may not be written.
        """
        now = to_text(self._clock.now())
        body = {
            "parked_at": now,
            "body": message["body"],
            "tries": int(message.get("attributes", {}).get("ApproximateReceiveCount", 1)),
            "sent_ms": int(message.get("attributes", {}).get("SentTimestamp", 0)),
        }
        with translated(f"The bucket {self._bucket}"):
            self._clients.of("s3").put_object(
                Bucket=self._bucket,
                Key=f"{PREFIX}{message['messageId']}",
                Body=json.dumps(body).encode(),
                ContentType="application/json",
            )
