"""What the table and the stream mean while AWS throttles, loses answers and takes only a part.

Botocore's own retries take part: an order is for one attempt on the wire.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    SSLError,
)

from omnipub.adapters.aws.clients import FAST_PATH, patience_with
from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.aws.errors import TABLE, THROTTLED, translated
from omnipub.adapters.aws.kinesis import KinesisStream
from omnipub.adapters.aws.retries import TRIES
from omnipub.errors import ConfigurationError, InvalidInputError, OmnipubError, UnavailableError
from omnipub.ports.stream import Pointer
from omnipub.ports.table import (
    Absent,
    ConditionCheck,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Put,
    Query,
    Table,
    Unchanged,
    Write,
)
from omnipub.services.stream.wire_format import pointer_from_text
from omnipub.storage import write_ids
from support.aws import Cloud
from support.faulty_botocore import FaultyBotocore, break_into
from support.world import ListJournal

A, B = Key("MSG#A", "METADATA"), Key("MSG#B", "METADATA")
ATTEMPTS = patience_with("dynamodb").attempts
WRITES = {"PutItem", "TransactWriteItems"}

Breaking = Callable[..., FaultyBotocore]


def item(key: Key = A, version: int = 1, **attributes: object) -> Item:
    return {"PK": key.pk, "SK": key.sk, "version": version, **attributes}


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def table(emulated: Cloud, pauses: list[float]) -> DynamoTable:
    return DynamoTable(emulated.clients, emulated.table(), pause=pauses.append)


@pytest.fixture
def breaking(emulated: Cloud, monkeypatch: pytest.MonkeyPatch) -> Breaking:
    def break_(only: set[str], *orders: str, service: str = "dynamodb") -> FaultyBotocore:
        return break_into(monkeypatch, emulated.clients, service, only, *orders)

    return break_


VERBS: dict[str, tuple[str, Callable[[Table], object]]] = {
    "get": ("GetItem", lambda table: table.get(A)),
    "put": ("PutItem", lambda table: table.put(item())),
    "transact": ("TransactWriteItems", lambda table: table.transact([Put(item=item())])),
    "query": ("Query", lambda table: table.query(Query(partition=A.pk))),
    "batch_get": ("BatchGetItem", lambda table: table.batch_get([A])),
    "write_many": ("BatchWriteItem", lambda table: table.write_many([Put(item=item())])),
    "everything": ("Scan", lambda table: table.everything(limit=1)),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", ["throttle", "error", "unreachable", "lost"])
def test_a_fault_that_passes_is_not_noticed(table: DynamoTable, breaking: Breaking, verb: str, fault: str) -> None:
    operation, act = VERBS[verb]
    faulty = breaking({operation}, *[fault] * (ATTEMPTS - 1))
    act(table)
    assert faulty.made() == [fault] * (ATTEMPTS - 1) + ["ok"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", ["throttle", "error", "unreachable", "lost"])
def test_a_fault_that_stays_means_unavailable(table: DynamoTable, breaking: Breaking, verb: str, fault: str) -> None:
    operation, act = VERBS[verb]
    faulty = breaking({operation}, *[fault] * 50)
    with pytest.raises(UnavailableError, match="The table omnipub-"):
        act(table)
    assert faulty.made() == [fault] * ATTEMPTS


READS = {"GetItem", "Query", "Scan", "BatchGetItem"}


def test_reads_are_consistent_except_of_an_index(table: DynamoTable, breaking: Breaking) -> None:
    # emulators are always consistent, so only what is asked for can be looked at
    faulty = breaking(READS)
    for verb in ("get", "query", "everything"):
        VERBS[verb][1](table)
    assert [body["ConsistentRead"] for body in faulty.bodies] == [True] * 3
    table.batch_get([A])
    ((_, asked),) = faulty.bodies[-1]["RequestItems"].items()
    assert asked["ConsistentRead"] is True
    table.query(Query(partition="x", index="GSI1"))
    assert "ConsistentRead" not in faulty.bodies[-1]


def test_a_transaction_keeps_its_token_while_answers_are_lost_and_takes_another_after_a_conflict(
    table: DynamoTable, breaking: Breaking
) -> None:
    faulty = breaking({"TransactWriteItems"}, "error", "throttle", "conflict", "error")
    table.transact([Put(item=item())])
    first, second, third, fourth, fifth = (body["ClientRequestToken"] for body in faulty.bodies)
    assert first == second == third != fourth == fifth


@pytest.mark.parametrize("fault", ["lost", "error_after"])
@pytest.mark.parametrize("condition", [Absent(), Unchanged(version=1)])
def test_a_write_whose_answer_was_lost_is_known_by_its_id(
    table: DynamoTable, breaking: Breaking, fault: str, condition: Absent | Unchanged
) -> None:
    if isinstance(condition, Unchanged):
        table.put(item(write_id="before"))
    breaking({"PutItem"}, fault)
    write_ids.put(table, item(version=2, write_id="ours"), condition)
    assert table.get(A) == item(version=2, write_id="ours")


def test_a_write_that_lost_its_answer_and_then_its_race_is_refused(table: DynamoTable, breaking: Breaking) -> None:
    table.put(item(version=2, write_id="theirs"))
    faulty = breaking({"PutItem"}, "lost")
    with pytest.raises(ConditionFailedError):
        write_ids.put(table, item(version=2, write_id="ours"), Unchanged(version=1))
    assert faulty.made() == ["lost", "ok"]
    assert table.get(A) == item(version=2, write_id="theirs")


def test_without_an_id_a_lost_answer_looks_like_a_lost_race(table: DynamoTable, breaking: Breaking) -> None:
    breaking({"PutItem"}, "lost")
    with pytest.raises(ConditionFailedError):
        table.put(item(), Absent())
    assert table.get(A) == item()


@pytest.mark.ministack  # moto applies a transaction twice
@pytest.mark.parametrize("fault", ["lost", "error_after", "throttle"])
def test_a_transaction_with_a_lost_answer_is_applied_once(
    over_ministack: Cloud, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    table = DynamoTable(over_ministack.clients, over_ministack.table())
    faulty = break_into(monkeypatch, over_ministack.clients, "dynamodb", WRITES, fault, fault)
    table.transact([Put(item=item(), condition=Absent()), Put(item=item(B), condition=Absent())])
    assert faulty.made() == [fault, fault, "ok"]
    assert table.batch_get([A, B]) == {A: item(), B: item(B)}


def test_when_no_answer_ever_comes_the_next_try_finds_the_write(table: DynamoTable, breaking: Breaking) -> None:
    faulty = breaking({"TransactWriteItems"}, *["error_after"] + ["error"] * (ATTEMPTS - 1))
    ours: list[Write] = [Put(item=item(write_id="ours"), condition=Absent()), Put(item=item(B))]
    with pytest.raises(UnavailableError):
        write_ids.transact(table, ours)
    write_ids.transact(table, ours)
    assert faulty.made()[-1] == "ok"
    assert table.batch_get([A, B]) == {A: item(write_id="ours"), B: item(B)}


@pytest.mark.parametrize("single", [True, False])
def test_a_conflict_is_tried_again_and_is_no_lost_race(
    table: DynamoTable,
    breaking: Breaking,
    pauses: list[float],
    single: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    faulty = breaking(WRITES, "conflict", "conflict", "conflict")
    if single:
        table.put(item(), Absent())
    else:
        table.transact([Put(item=item(), condition=Absent()), Put(item=item(B), condition=Absent())])
    assert table.get(A) == item()
    assert faulty.made() == ["conflict"] * 3 + ["ok"]
    assert len(pauses) == 3
    assert all(0 < pause < 0.1 for pause in pauses)


def test_a_conflict_that_stays_means_unavailable_and_nothing_written(
    table: DynamoTable, breaking: Breaking, pauses: list[float]
) -> None:
    faulty = breaking(WRITES, *["conflict"] * 50)
    with pytest.raises(UnavailableError, match="busy"):
        table.transact([Put(item=item()), Put(item=item(B))])
    assert (len(faulty.made()), len(pauses)) == (TRIES, TRIES - 1)
    assert not table.batch_get([A, B])


def test_after_a_conflict_a_lost_race_is_still_one(table: DynamoTable, breaking: Breaking) -> None:
    table.put(item(B))
    breaking(WRITES, "conflict")
    with pytest.raises(ConditionFailedError) as refused:
        table.transact([Put(item=item()), ConditionCheck(key=B, condition=Unchanged(version=2))])
    assert refused.value.failed == (1,)


def test_what_a_batch_leaves_undone_is_done_by_the_next(
    table: DynamoTable, breaking: Breaking, pauses: list[float]
) -> None:
    keys = [Key(f"MSG#{number}", "METADATA") for number in range(60)]
    faulty = breaking({"BatchWriteItem", "BatchGetItem"}, "part", "nothing", "part", "part")
    table.write_many([Put(item=item(key)) for key in keys])
    assert faulty.made()[:4] == ["part", "nothing", "part", "part"]
    faulty.orders += ["part", "nothing", "part"]
    assert table.batch_get(keys) == {key: item(key) for key in keys}
    assert not faulty.orders
    faulty.orders += ["part"]
    table.write_many([Delete(key=key) for key in keys])
    assert not table.batch_get(keys)
    assert len(pauses) >= 8


def test_a_batch_comes_in_the_order_of_its_keys_whatever_the_answers_is(
    emulated: Cloud, table: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [Key(f"MSG#{number}", "METADATA") for number in range(5)]
    table.write_many([Put(item=item(key)) for key in keys])
    client = emulated.clients.of("dynamodb")
    real = client.batch_get_item

    def reversed_(**asked: Any) -> Any:
        answer = real(**asked)
        for found in answer["Responses"].values():
            found.sort(key=lambda one: one["PK"]["S"], reverse=True)
        return answer

    monkeypatch.setattr(client, "batch_get_item", reversed_)
    assert list(table.batch_get(keys)) == keys


@pytest.mark.parametrize("act", [VERBS["batch_get"][1], VERBS["write_many"][1]])
def test_a_batch_that_never_gets_done_means_unavailable(
    table: DynamoTable, breaking: Breaking, act: Callable[[Table], object]
) -> None:
    faulty = breaking({"BatchWriteItem", "BatchGetItem"}, *["nothing"] * 50)
    with pytest.raises(UnavailableError, match="only a part"):
        act(table)
    assert len(faulty.made()) == TRIES


@pytest.mark.parametrize("code", [*TABLE, *sorted(THROTTLED)])
def test_every_code_that_is_known_has_a_sentence_and_a_next_step(
    table: DynamoTable, breaking: Breaking, code: str
) -> None:
    breaking({"GetItem"}, *[f"code {code}"] * ATTEMPTS)
    with pytest.raises(TABLE[code][0] if code in TABLE else UnavailableError) as told:
        table.get(A)
    assert told.value.hint
    assert "{" not in told.value.message


def test_a_code_that_is_not_known_is_a_mistake_of_ours_and_stays(table: DynamoTable, breaking: Breaking) -> None:
    breaking({"GetItem"}, "code ValidationException")
    with pytest.raises(ClientError):
        table.get(A)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (NoCredentialsError(), ConfigurationError),
        (NoRegionError(), ConfigurationError),
        (SSLError(endpoint_url="https://x", error="broken"), UnavailableError),
        (ConnectTimeoutError(endpoint_url="https://x"), UnavailableError),
        (ConnectionClosedError(endpoint_url="https://x"), UnavailableError),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), UnavailableError),
    ],
)
def test_what_botocore_itself_reports_is_told_as_ours(error: Exception, ours: type[OmnipubError]) -> None:
    with pytest.raises(ours) as told, translated("The table x"):
        raise error
    assert told.value.hint


def test_a_table_that_is_not_there_is_a_matter_of_configuration(emulated: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="omnipub-none does not exist"):
        DynamoTable(emulated.clients, "omnipub-none").get(A)


@pytest.mark.parametrize(
    "write", [lambda table, one: table.put(one), lambda table, one: table.transact([Put(item=one)])]
)
def test_an_item_beyond_what_dynamodb_takes_is_refused_as_input(
    table: DynamoTable, write: Callable[[Table, Item], object]
) -> None:
    with pytest.raises(InvalidInputError, match="larger than The table"):
        write(table, item(text="x" * 410_000))


def test_what_an_item_cannot_hold_is_refused_before_it_is_sent(table: DynamoTable, breaking: Breaking) -> None:
    faulty = breaking(set())
    with pytest.raises(TypeError, match="float"):
        table.put(item(share=0.5))
    assert not faulty.attempts


def pointer(number: int, group: str = "facebook/1") -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=group, why="due", trace="t")


def read(cloud: Cloud, name: str) -> list[Pointer | None]:
    kinesis = cloud.clients.of("kinesis")
    found: list[Pointer | None] = []
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        start = kinesis.get_shard_iterator(StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        while True:
            answer = kinesis.get_records(ShardIterator=start)
            found += [pointer_from_text(one["Data"]) for one in answer["Records"]]
            if not answer["Records"]:
                break
            start = answer["NextShardIterator"]
    return found


@pytest.fixture
def journal() -> ListJournal:
    return ListJournal()


@pytest.fixture
def name(emulated: Cloud) -> str:
    return emulated.stream()


@pytest.fixture
def stream(emulated: Cloud, name: str, journal: ListJournal, pauses: list[float]) -> KinesisStream:
    return KinesisStream(emulated.clients, name, journal, pause=pauses.append)


def test_pointers_arrive_in_their_order_however_many_they_are(
    emulated: Cloud, stream: KinesisStream, name: str, breaking: Breaking
) -> None:
    faulty = breaking({"PutRecords"}, service="kinesis")
    pointers = [pointer(number) for number in range(1201)]
    assert list(stream.put(pointers)) == []
    assert read(emulated, name) == pointers
    assert len(faulty.made()) == 3


def test_records_of_one_group_share_a_partition_key_whatever_its_length(
    emulated: Cloud, stream: KinesisStream, name: str
) -> None:
    names = ["facebook/1", "webhook/" + "x" * 300, "webhook/" + "x" * 300, ""]
    assert not stream.put([pointer(number, group) for number, group in enumerate(names)])
    kinesis = emulated.clients.of("kinesis")
    start = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    keys = [one["PartitionKey"] for one in kinesis.get_records(ShardIterator=start)["Records"]]
    assert (keys[0], keys[1] == keys[2], keys[3]) == ("facebook/1", True, "MSG#3")


def test_what_kinesis_refuses_is_tried_again_until_it_is_taken(
    emulated: Cloud, stream: KinesisStream, name: str, breaking: Breaking, pauses: list[float]
) -> None:
    faulty = breaking({"PutRecords"}, "part", "nothing", "part", service="kinesis")
    pointers = [pointer(number) for number in range(8)]
    assert list(stream.put(pointers)) == []
    assert faulty.made() == ["part", "nothing", "part", "ok"]
    assert len(pauses) == 3
    arrived = read(emulated, name)
    assert sorted(one.pk for one in arrived if one) == [one.pk for one in pointers]


def test_what_kinesis_never_takes_is_handed_back(
    emulated: Cloud, stream: KinesisStream, name: str, breaking: Breaking, journal: ListJournal
) -> None:
    faulty = breaking({"PutRecords"}, "part", *["nothing"] * 50, service="kinesis")
    pointers = [pointer(number) for number in range(8)]
    assert list(stream.put(pointers)) == pointers[1::2]
    assert len(faulty.made()) == TRIES
    faulty.orders.clear()
    assert read(emulated, name) == pointers[::2]
    (note,) = journal.named("stream_refused")
    assert note == {"records": 4, "error": "ProvisionedThroughputExceededException"}


def test_a_stream_that_does_not_answer_hands_everything_back_at_once(
    stream: KinesisStream, breaking: Breaking, journal: ListJournal
) -> None:
    faulty = breaking({"PutRecords"}, "ok", *["unreachable"] * 50, service="kinesis")
    pointers = [pointer(number) for number in range(1600)]
    assert list(stream.put(pointers)) == pointers[500:]
    assert faulty.made() == ["ok"] + ["unreachable"] * FAST_PATH.attempts
    assert journal.named("stream_failed")[0]["records"] == 1100


def test_what_was_refused_before_the_stream_fell_silent_is_handed_back_as_well(
    stream: KinesisStream, breaking: Breaking
) -> None:
    breaking({"PutRecords"}, "part", *["nothing"] * (TRIES - 1), *["unreachable"] * 9, service="kinesis")
    pointers = [pointer(number) for number in range(600)]
    assert list(stream.put(pointers)) == [*pointers[1:500:2], *pointers[500:]]


def test_a_stream_that_is_not_there_hands_everything_back_and_says_why(emulated: Cloud, journal: ListJournal) -> None:
    absent = KinesisStream(emulated.clients, "omnipub-none", journal)
    assert list(absent.put([pointer(1)])) == [pointer(1)]
    assert "does not exist" in journal.named("stream_failed")[0]["error"]


def test_nothing_is_put_without_a_call(stream: KinesisStream, breaking: Breaking) -> None:
    faulty = breaking(set(), service="kinesis")
    assert not stream.put([])
    assert not faulty.attempts
