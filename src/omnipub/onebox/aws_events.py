"""Events as AWS sends them: API Gateway's HTTP API (payload 2.0), Kinesis, SQS and EventBridge Scheduler."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.adapters.local.sqlite.stream_reader import KINESIS_PREFIX, SHARD
from omnipub.loopback.exchange import decoded, pairs_of
from omnipub.services.stream.wire_format import TICK

ACCOUNT = "000000000000"
REGION = "local"
STREAM_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/omnipub"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:omnipub-delay"


@dataclass(frozen=True, kw_only=True)
class LambdaContext:
    """What Lambda hands to a function beside the event."""

    function_name: str
    memory_limit_in_mb: int = 512
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def invoked_function_arn(self) -> str:
        """The function's name in full."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"


@dataclass(frozen=True, kw_only=True)
class IncomingRequest:
    """An HTTP request as the gateway received it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    source: str


def gateway_event(incoming: IncomingRequest, claims: Mapping[str, str] | None) -> dict[str, Any]:
    """API Gateway's event for a request; `claims` are those of its verified token.

    Claims are strings, lists among them too: `cognito:groups` arrives as `[operators authors]`. Of a name that stands
    several times in the query the values are joined with a comma, as there.

    Raises:
        RefusalError: The target is not percent-encoded UTF-8.
    """
    path, _, query = incoming.target.partition("?")
    decoded(path)
    query_fields: dict[str, str] = {}
    for name, value in pairs_of(query):
        query_fields[name] = f"{query_fields[name]},{value}" if name in query_fields else value
    now = datetime.now(UTC)
    text = _text(incoming)
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": incoming.headers.get("host", ""),
        "domainPrefix": "local",
        "http": {
            "method": incoming.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": incoming.source,
            "userAgent": incoming.headers.get("user-agent", ""),
        },
        "requestId": uuid.uuid4().hex,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(incoming.headers),
        "requestContext": context,
        "isBase64Encoded": text is None,
    }
    if query_fields:
        event["queryStringParameters"] = query_fields
    if incoming.body:
        event["body"] = base64.b64encode(incoming.body).decode() if text is None else text
    return event


def _text(incoming: IncomingRequest) -> str | None:
    """The body as text; None if it is something else, or not what it says.

    Nothing of it may be lost on the way.
    """
    if not incoming.headers.get("content-type", "application/json").startswith(("application/json", "text/")):
        return None
    try:
        return incoming.body.decode()
    except UnicodeDecodeError:
        return None


def kinesis_event(records: Sequence[StoredRecord]) -> dict[str, Any]:
    """Kinesis' event for a batch of one shard."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.partition_key,
                    "sequenceNumber": sequence_number(record.sequence),
                    "data": base64.b64encode(record.data.encode()).decode(),
                    "approximateArrivalTimestamp": record.arrived_ms / 1000,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{SHARD}:{sequence_number(record.sequence)}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/omnipub-worker",
                "awsRegion": REGION,
                "eventSourceARN": STREAM_ARN,
            }
            for record in records
        ]
    }


def delayed_event(bodies: Sequence[str]) -> dict[str, Any]:
    """SQS' event for messages of the delay queue."""
    return {"Records": [_message(body) for body in bodies]}


def _message(body: str) -> dict[str, Any]:
    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": uuid.uuid4().hex,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": REGION,
    }


def tick_event(scheduled_at: datetime) -> dict[str, Any]:
    """The input that the schedule's target receives."""
    return {
        "source": TICK,
        "scheduled_at": scheduled_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution_id": uuid.uuid4().hex,
    }


def sequence_number(sequence: int) -> str:
    """A sequence number in Kinesis' form: digits, in order as numbers."""
    return f"{KINESIS_PREFIX}{sequence:046d}"


def sequence_of(number: str) -> int:
    """The sequence behind a sequence number."""
    return int(number.removeprefix(KINESIS_PREFIX))
