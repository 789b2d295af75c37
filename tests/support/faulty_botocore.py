"""What AWS does to a client on a bad day, put between botocore and an emulator that only has good ones.

The faults stand below botocore's own retries, so these are tested with them: each order is for one attempt.
Nobody emulates an index that lags behind its table; the simulator's table has that.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from omnipub.adapters.aws.clients import Clients

Answer = tuple[Any, Exception | None]
Attempt = Callable[[], Answer]


@dataclass
class FaultyBotocore:
    """The line of one client.

    Orders, one per attempt of the operations in `only`:

    - `ok`: as always, which is also what comes after the last order
    - `throttle`: not executed, 400 ThrottlingException
    - `error`: not executed, 500
    - `error_after`: executed, 500
    - `unreachable`: not executed, no connection
    - `lost`: executed, no answer
    - `conflict`: not executed, since another transaction is under way
    - `part`: the first half is executed, the rest given back as unprocessed
    - `nothing`: all is given back as unprocessed
    - `code SomeException`: not executed, 400 with that code

    Attributes:
        attempts: Operation and order of each attempt.
        bodies: What was asked by the operations in `only`, where that is JSON.
    """

    only: set[str]
    orders: list[str] = field(default_factory=list)
    attempts: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def attempt(self, request: Any, operation: str, real: Attempt) -> Answer:
        """One attempt."""
        order = self.orders.pop(0) if operation in self.only and self.orders else "ok"
        self._keep(request, operation, order)
        match order:
            case "ok":
                return real()
            case "throttle":
                return _refusal(400, "ThrottlingException")
            case "error":
                return _refusal(500, "InternalServerError")
            case "error_after":
                real()
                return _refusal(500, "InternalServerError")
            case "unreachable":
                return None, EndpointConnectionError(endpoint_url=request.url)
            case "lost":
                real()
                return None, ReadTimeoutError(endpoint_url=request.url)
            case "conflict":
                return _conflict(operation, json.loads(request.body))
            case "part" | "nothing":
                return _in_part(request, operation, real, nothing=order == "nothing")
            case _ if order.startswith("code "):
                return _refusal(400, order.removeprefix("code "))
        raise AssertionError(f"no such order: {order}")

    def _keep(self, request: Any, operation: str, order: str) -> None:
        self.attempts.append((operation, order))
        kind = request.headers.get("Content-Type", b"")
        if operation in self.only and kind.startswith(b"application/x-amz-json"):
            self.bodies.append(json.loads(request.body))

    def made(self) -> list[str]:
        """The orders that attempts of the operations in `only` met."""
        return [order for operation, order in self.attempts if operation in self.only]


def break_into(
    monkeypatch: pytest.MonkeyPatch, clients: Clients, service: str, only: set[str], *orders: str
) -> FaultyBotocore:
    """Stand between a client and its service for the rest of a test.

    Nobody sleeps between attempts, and botocore's allowance of retries, which clients of several tests share, never
    runs out.
    """
    faulty = FaultyBotocore(only=only, orders=list(orders))
    endpoint = clients.of(service)._endpoint
    real = endpoint._do_get_response

    def between(request: Any, operation: Any, context: Any) -> Answer:
        return faulty.attempt(request, operation.name, lambda: real(request, operation, context))

    monkeypatch.setattr(endpoint, "_do_get_response", between)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda _self, _amount: True)
    return faulty


def _refusal(status: int, code: str, **more: Any) -> Answer:
    said = {"Error": {"Code": code, "Message": "As ordered."}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    response = SimpleNamespace(status_code=status, headers={}, content=b"", text="", raw=None)
    return (response, said), None


def _conflict(operation: str, body: dict[str, Any]) -> Answer:
    if operation != "TransactWriteItems":
        return _refusal(400, "TransactionConflictException")
    codes = ["TransactionConflict"] + ["None"] * (len(body["TransactItems"]) - 1)
    return _refusal(400, "TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


_PARTS = {
    "BatchWriteItem": ("UnprocessedItems", lambda asked: asked),
    "BatchGetItem": ("UnprocessedKeys", lambda asked: asked["Keys"]),
}


def _in_part(request: Any, operation: str, real: Attempt, *, nothing: bool) -> Answer:
    body = json.loads(request.body)
    if operation == "PutRecords":
        return _records_in_part(request, body, real, nothing=nothing)
    name, listed = _PARTS[operation]
    ((table, asked),) = body["RequestItems"].items()
    entries = listed(asked)
    kept = 0 if nothing else max(1, len(entries) // 2)
    rest = entries[kept:]
    del entries[kept:]
    if kept:
        _say(request, body)
        answer, error = real()
    else:
        answer, error = _refusal(200, "")
        answer[1].pop("Error")
        answer[1]["Responses"] = {}
    if answer is not None and rest:
        typed = rest if operation == "BatchWriteItem" else {"Keys": rest, "ConsistentRead": asked["ConsistentRead"]}
        answer[1][name] = {table: typed}
    return answer, error


def _records_in_part(request: Any, body: dict[str, Any], real: Attempt, *, nothing: bool) -> Answer:
    """Every other record is taken: Kinesis refuses by shard, so what fails lies anywhere."""
    records = body["Records"]
    taken = set() if nothing else set(range(0, len(records), 2))
    body["Records"] = [one for number, one in enumerate(records) if number in taken]
    refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded."}
    said: list[Any] = []
    answer: Any = _refusal(200, "")[0]
    answer[1].pop("Error")
    error: Exception | None = None
    if taken:
        _say(request, body)
        answer, error = real()
        said = list(answer[1]["Records"])
    answer[1]["Records"] = [said.pop(0) if number in taken else refused for number in range(len(records))]
    answer[1]["FailedRecordCount"] = len(records) - len(taken)
    return answer, error


def _say(request: Any, body: dict[str, Any]) -> None:
    request.body = json.dumps(body).encode()
    request.headers["Content-Length"] = str(len(request.body))
