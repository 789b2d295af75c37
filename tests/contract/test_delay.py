"""What a delay queue promises, in SQLite and in SQS: what it took is given back whole, a lead before its moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.aws.s3_parked import S3Parked
from omnipub.adapters.aws.s3_parking import S3Parking
from omnipub.adapters.aws.sqs_delay import BYTES, LONGEST_SECONDS, MESSAGES, PACK, SqsDelay
from omnipub.adapters.local.sqlite.delay import SqliteDelay
from omnipub.onebox.aws_events import delayed_event
from omnipub.ports.delay import Delay, DueSoon
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import delayed_from, delayed_to_text, pointer_from_text
from support.aws import Cloud
from support.faulty_botocore import break_into
from support.world import START, FakeClock, ListJournal

LEAD = timedelta(seconds=2)


def soon(number: int, seconds: float, group: str = "facebook/1") -> DueSoon:
    at = START + timedelta(seconds=seconds)
    pk = f"MSG#{number:026d}"
    return DueSoon(pointer=Pointer(pk=pk, sk="CHANNEL#facebook", group=group, why="due", trace="t", at=at), at=at)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A delay queue, and all that waits in it."""

    delay: Delay
    waiting: Callable[[], list[DueSoon]]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Queue]:
    made = SqliteDelay(tmp_path / "delay.db")

    def waiting() -> list[DueSoon]:
        found: list[DueSoon] = []
        while messages := made.until(START + timedelta(hours=1)):
            found += [one for message in messages for one in delayed_from(message.body) or ()]
            made.done(messages)
        return found

    yield Queue(delay=made, waiting=waiting)
    made.close()


def remote(cloud: Cloud) -> Queue:
    made = sqs_delay(cloud, cloud.queue())
    return Queue(delay=made, waiting=lambda: [one for message in sent(cloud, made) for one in message])


@pytest.fixture(params=["sqlite", "moto", pytest.param("ministack", marks=pytest.mark.ministack)])
def queue(request: pytest.FixtureRequest) -> Queue:
    if request.param == "sqlite":
        local: Queue = request.getfixturevalue("local")
        return local
    return remote(request.getfixturevalue(f"over_{request.param}"))


def sqs_delay(cloud: Cloud, address: str, journal: ListJournal | None = None) -> SqsDelay:
    return SqsDelay(
        cloud.clients,
        address,
        lead=LEAD,
        clock=FakeClock(),
        journal=journal or ListJournal(),
        pause=lambda _: None,
    )


def sent(cloud: Cloud, delay: SqsDelay) -> list[list[DueSoon]]:
    """The messages that are visible, which are forgotten by that."""
    sqs, found = cloud.clients.of("sqs"), []
    while messages := sqs.receive_message(QueueUrl=delay._queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(delayed_from(message["Body"]) or [])
            sqs.delete_message(QueueUrl=delay._queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_what_was_taken_is_given_back_whole_and_once(queue: Queue) -> None:
    due = [soon(number, number % 3 * 0.4) for number in range(2 * PACK + 5)]  # all within the lead: visible at once
    assert not queue.delay.put(due)
    found = queue.waiting()
    assert sorted(found, key=lambda one: one.pointer.pk) == due


def test_nothing_is_taken_of_nothing(queue: Queue) -> None:
    assert not queue.delay.put([])
    assert queue.waiting() == []


def entries(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> list[list[dict[str, Any]]]:
    """The entries of each call that is made from now on."""
    client, calls = cloud.clients.of("sqs"), []
    real = client.send_message_batch

    def counted(**call: Any) -> Any:
        calls.append(call["Entries"])
        return real(**call)

    monkeypatch.setattr(client, "send_message_batch", counted)
    return calls


@pytest.mark.parametrize(
    ("ahead", "seconds"),
    [(-5, 0), (0, 0), (2, 0), (2.999, 0), (3, 1), (62.4, 60), (150, 148), (901.9, 899), (902, 900), (5_000, 900)],
)
def test_a_message_waits_whole_seconds_until_the_lead_before_its_moment(
    over_moto: Cloud, monkeypatch: pytest.MonkeyPatch, ahead: float, seconds: int
) -> None:
    delay = sqs_delay(over_moto, over_moto.queue())
    calls = entries(monkeypatch, over_moto)
    assert not delay.put([soon(1, ahead)])
    ((entry,),) = calls
    assert entry["DelaySeconds"] == seconds <= LONGEST_SECONDS


def test_pointers_of_one_second_share_messages_and_those_of_others_do_not(
    over_moto: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    delay = sqs_delay(over_moto, over_moto.queue())
    calls = entries(monkeypatch, over_moto)
    due = [soon(number, 10 + number % 2 + number / 10_000) for number in range(2 * PACK + 20)]
    assert not delay.put(due)
    bodies = [
        (entry["DelaySeconds"], len(delayed_from(entry["MessageBody"]) or ())) for call in calls for entry in call
    ]
    assert sorted(bodies) == [(8, 10), (8, PACK), (9, 10), (9, PACK)]


def test_no_call_is_longer_than_sqs_takes(over_moto: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    delay = sqs_delay(over_moto, over_moto.queue())
    calls = entries(monkeypatch, over_moto)
    assert not delay.put([soon(number, 10 + number // PACK, "x" * 300) for number in range(20 * PACK)])
    assert len(calls) > 2
    for call in calls:
        assert len(call) <= MESSAGES
        assert sum(len(entry["MessageBody"].encode()) for entry in call) <= BYTES


@pytest.mark.parametrize("order", ["error", "throttle", "unreachable"])
def test_what_sqs_does_not_take_is_handed_back_with_a_note(
    over_moto: Cloud, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    journal = ListJournal()
    delay = sqs_delay(over_moto, over_moto.queue(), journal)
    due = [soon(number, 10 + number) for number in range(25)]
    break_into(monkeypatch, over_moto.clients, "sqs", {"SendMessageBatch"}, "ok", *[order] * 9)
    assert delay.put(due) == due[MESSAGES:]
    (note,) = journal.named("delay_lost")
    assert note["deliveries"] == 15


def answering(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, answers: Sequence[Sequence[tuple[str, bool]]]
) -> list[int]:
    """Let SQS refuse entries by their ids, call for call; how many entries each call had."""
    asked: list[int] = []
    client = cloud.clients.of("sqs")

    def answer(**call: Any) -> Any:
        failed = answers[len(asked)] if len(asked) < len(answers) else ()
        asked.append(len(call["Entries"]))
        return {"Failed": [{"Id": name, "Code": "InternalError", "SenderFault": fault} for name, fault in failed]}

    monkeypatch.setattr(client, "send_message_batch", answer)
    return asked


def test_sent_that_were_refused_are_tried_again_alone(over_moto: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = ListJournal()
    delay = sqs_delay(over_moto, over_moto.queue(), journal)
    asked = answering(monkeypatch, over_moto, [[("1", False), ("2", False)], [("2", False)]])
    assert not delay.put([soon(number, 10 + number) for number in range(4)])
    assert asked == [4, 2, 1]
    assert not journal.notes


def test_an_entry_that_is_our_own_mistake_is_not_tried_again(over_moto: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = ListJournal()
    delay = sqs_delay(over_moto, over_moto.queue(), journal)
    asked = answering(monkeypatch, over_moto, [[("1", True)]] * 9)
    due = [soon(number, 10 + number) for number in range(3)]
    assert delay.put(due) == [due[1]]
    assert asked == [3]
    assert journal.named("delay_lost") == [{"deliveries": 1, "error": "InternalError"}]


def test_a_queue_that_is_not_there_costs_a_note(emulated: Cloud) -> None:
    journal = ListJournal()
    delay = sqs_delay(emulated, f"{emulated.queue()}-none", journal)
    assert delay.put([soon(1, 5)]) == [soon(1, 5)]
    (note,) = journal.named("delay_lost")
    assert "does not exist" in note["error"]


@pytest.fixture
def parked(emulated: Cloud) -> tuple[S3Parking, S3Parked]:
    bucket = emulated.bucket()
    return S3Parking(emulated.clients, bucket, FakeClock()), S3Parked(emulated.clients, bucket)


def message(body: str, receives: int = 3) -> dict[str, Any]:
    (record,) = delayed_event([body])["Records"]
    record["attributes"] = {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1795424400500"}
    return dict(record)


def test_a_message_that_is_given_up_on_is_parked_whole_under_a_prefix_of_its_own(
    parked: tuple[S3Parking, S3Parked],
) -> None:
    parking, kept = parked
    due = [soon(number, 5) for number in range(3)]
    parking.park(message(delayed_to_text(due)))
    parking.park(message("not ours", receives=1))
    assert kept.counts() == {"worker": 0, "delay": 4, "sender": 0}
    found = kept.page(limit=9)
    assert {one.record.shard for one in found} == {"delay"}
    assert sorted(one.tries for one in found) == [1, 3, 3, 3]
    pointers = [pointer_from_text(one.record.data) for one in found]
    assert [one for one in pointers if one] == [one.pointer for one in due]
    assert [one.record.data for one, pointer in zip(found, pointers, strict=True) if pointer is None] == ["not ours"]


def test_of_a_parked_message_the_pointers_are_forgotten_one_by_one(parked: tuple[S3Parking, S3Parked]) -> None:
    parking, kept = parked
    parking.park(message(delayed_to_text([soon(number, 5) for number in range(3)])))
    first, second, third = (one.id for one in kept.page(limit=9))
    kept.forget([first])
    assert [one.id for one in kept.page(limit=9)] == [second, third], "what stays keeps its id"
    assert [one.id for one in kept.page(after=second, limit=9)] == [third]
    kept.forget([third, second])
    assert kept.count() == 0
    assert kept.page(limit=9) == []


def test_a_message_that_is_parked_twice_is_there_once(parked: tuple[S3Parking, S3Parked]) -> None:
    parking, kept = parked
    twice = message("not ours")
    parking.park(twice)
    parking.park(twice)
    assert kept.count() == 1
