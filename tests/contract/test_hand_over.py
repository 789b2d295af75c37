"""What a hand-over promises, to threads and to a function: what is not taken is given back, in its order."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from omnipub.adapters.aws.clients import FAST_PATH
from omnipub.adapters.aws.lambda_hand_over import BYTES, LambdaHandOver
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.ports.hand_over import HandOver
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import KEY_CHARACTERS, handed_from
from support.aws import Cloud
from support.faulty_botocore import break_into
from support.world import ListJournal

FUNCTION = "omnipub-test-sender"


def pointer(number: int, *, account: str = "facebook/1#o", trace: str = "") -> Pointer:
    return Pointer(pk=f"MSG#{number:026d}", sk="CHANNEL#facebook", group=account, why="due", trace=trace)


class TakingLambda:
    """A client of Lambda that takes asynchronous calls; `after` so many it refuses."""

    def __init__(self, after: int = 1_000) -> None:
        self.payloads: list[bytes] = []
        self._after = after

    def of(self, service: str) -> "TakingLambda":
        assert service == "lambda"
        return self

    def invoke(self, **call: Any) -> dict[str, Any]:
        assert (call["FunctionName"], call["InvocationType"]) == (FUNCTION, "Event")
        if len(self.payloads) == self._after:
            from botocore.exceptions import ReadTimeoutError

            raise ReadTimeoutError(endpoint_url="https://lambda.example.com")
        self.payloads.append(call["Payload"])
        return {"StatusCode": 202}

    def taken(self) -> list[Pointer | None]:
        return [one for payload in self.payloads for one in handed_from(json.loads(payload))]


def to_lambda(client: Any, journal: ListJournal | None = None) -> LambdaHandOver:
    return LambdaHandOver(client, FUNCTION, journal or ListJournal())


def stopped() -> HandOver[Pointer]:
    pool: WorkerPool[Pointer] = WorkerPool(slots=1)
    pool.stop(deadline=0)
    return pool


@pytest.mark.parametrize("refusing", [stopped, lambda: to_lambda(TakingLambda(after=0))], ids=["threads", "lambda"])
def test_what_is_not_taken_is_given_back_whole(refusing: Callable[[], HandOver[Pointer]]) -> None:
    accounts = {f"facebook/{number}#o": [pointer(number), pointer(number + 10)] for number in range(3)}
    given = [one for records in accounts.values() for one in records]
    assert refusing().hand_over(accounts) == given
    assert list(refusing().hand_over({})) == []


def test_a_call_of_the_sender_carries_all_accounts_of_a_pack() -> None:
    client = TakingLambda()
    accounts = {f"facebook/{number}#o": [pointer(number)] for number in range(20)}
    assert to_lambda(client).hand_over(accounts) == []
    assert len(client.payloads) == 1
    assert client.taken() == [one for records in accounts.values() for one in records]


def test_no_payload_is_larger_than_lambda_takes_and_what_is_not_taken_stays() -> None:
    escaped = "\u20ac" * KEY_CHARACTERS
    records = [pointer(number, account=escaped, trace=escaped) for number in range(100)]
    client, journal = TakingLambda(after=2), ListJournal()
    left = to_lambda(client, journal).hand_over({escaped: records})
    assert len(client.payloads) == 2
    assert all(len(payload) <= BYTES for payload in client.payloads)
    assert [*client.taken(), *left] == records
    assert len(left) > 1
    notes = journal.named("hand_over_failed")
    assert sum(one["records"] for one in notes) == len(left)
    assert "ReadTimeoutError" in notes[0]["error"]


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (["lost"] * 2, "ReadTimeoutError"),
        (["unreachable"] * 2, "EndpointConnectionError"),
        (["error"] * 2, "InternalServerError"),
        (["throttle"] * 2, "ThrottlingException"),
        (["code TooManyRequestsException"] * 2, "TooManyRequestsException"),
        (["code AccessDeniedException"], "AWS does not allow this"),
        (["code InvalidParameterValueException"], "InvalidParameterValueException"),
        ([], "does not exist in this account and region"),
    ],
    ids=lambda one: str(one[:1]) if isinstance(one, list) else "",
)
def test_whatever_lambda_does_the_records_come_again_and_the_log_says_why(
    over_moto: Cloud, monkeypatch: pytest.MonkeyPatch, faults: list[str], error: str
) -> None:
    break_into(monkeypatch, over_moto.clients, "lambda", {"Invoke"}, *faults)
    journal = ListJournal()
    records = [pointer(1), pointer(2)]
    assert to_lambda(over_moto.clients, journal).hand_over({"facebook/1#o": records}) == records
    (note,) = journal.named("hand_over_failed")
    assert note["records"] == 2
    assert error in note["error"]


def test_a_silent_lambda_leaves_the_worker_time(over_moto: Cloud) -> None:
    config = over_moto.clients.of("lambda").meta.config
    assert (config.read_timeout, config.connect_timeout) == (FAST_PATH.reading, FAST_PATH.connecting)
