"""The worker hands records over to the sender: runs of their own, with a real thread for each account."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from omnipub.adapters.aws.lambda_hand_over import LambdaHandOver
from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.adapters.system.threads import BoundedThreadPool
from omnipub.config import Settings
from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.message import Content
from omnipub.errors import UnavailableError
from omnipub.handlers import sender, worker
from omnipub.onebox.aws_events import LambdaContext, kinesis_event, sequence_number
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Item, Key
from omnipub.services.delivery.publish import ALONE
from omnipub.services.stream.wire_format import handed_from, handed_to_text, pointer_to_text
from omnipub.wiring.assemble import assemble
from support.world import CHANNELS, OWNER, TestBed, WorkerKilledError, make_bed, only

CONTEXT = LambdaContext(function_name="test")
PACK = 4


@dataclass
class ThreadedLambda:
    """Asynchronous calls of a function: each is a thread that gets the very payload; some are refused.

    Attributes:
        refused: Which calls, the first being 0, do not reach Lambda.
        parked: Payloads of runs that failed: there is no second try.
    """

    function: Callable[[Any, object], None] = lambda _, __: None
    refused: set[int] = field(default_factory=set)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, service: str) -> "ThreadedLambda":
        assert service == "lambda"
        return self

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, int]:  # noqa: N803
        assert (FunctionName, InvocationType) == ("omnipub-test-sender", "Event")
        with self.lock:
            self.calls += 1
            if self.calls - 1 in self.refused:
                raise EndpointConnectionError(endpoint_url="https://lambda.example.com")
            payload = json.loads(Payload)
            self.payloads.append(payload)
            thread = threading.Thread(target=self._run, args=(payload,), daemon=True)
            self.threads.append(thread)
        thread.start()
        return {"StatusCode": 202}

    def _run(self, payload: dict[str, Any]) -> None:
        try:
            self.function(payload, CONTEXT)
        except Exception:  # noqa: BLE001  Lambda parks whatever a run dies of
            self.parked.append(payload)

    def join(self) -> None:
        """Wait until all runs have ended, those that runs began too."""
        ended = 0
        while ended < len(self.threads):
            self.threads[ended].join(20)
            assert not self.threads[ended].is_alive()
            ended += 1

    def groups(self) -> list[list[str]]:
        """The accounts of each run."""
        return [sorted({one["group"] for one in payload["pointers"]}) for payload in self.payloads]


@dataclass(kw_only=True)
class Stage:
    """A stage whose worker hands over."""

    bed: TestBed
    functions: ThreadedLambda
    hangs: dict[str, threading.Event]

    def connect(self, count: int) -> list[str]:
        """Connect so many further accounts; the channels that they are."""
        names = [f"looked:a{number}" for number in range(count)]
        for name in names:
            account = f"acc-{name[7:]}"
            self.bed.system.accounts.connect(owner=OWNER, channel=name, account=account, token=Secret("secret-token"))
        return names

    def compose(self, channels: Sequence[str], text: str = "Hello") -> list[Pointer]:
        self.bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=channels)
        return self.bed.stream.take()

    def work(self, pointers: Sequence[Pointer]) -> list[str]:
        """Call the worker with these records; the sequence numbers that are to come again."""
        records = [
            StoredRecord(sequence=number, partition_key=one.group, data=pointer_to_text(one), arrived_ms=0)
            for number, one in enumerate(pointers, 1)
        ]
        answer = worker.build(self.bed.system)(kinesis_event(records), CONTEXT)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def accounts(self) -> list[str]:
        """The accounts that have a post, one for each post."""
        return sorted(one["account"] for one in self.bed.network.posts)


class Flaky(SqliteTable):
    """A table that refuses one item, or all circuit breakers."""

    broken = ""
    mute = False

    def get(self, key: Key) -> Item | None:
        if self.broken and key.pk == self.broken:
            raise UnavailableError("Throttled.")
        return super().get(key)

    def query(self, query: Any) -> Any:
        if self.mute:
            raise UnavailableError("Throttled.")
        return super().query(query)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    bed = make_bed(tmp_path, table=Flaky(tmp_path / "table.db"))
    functions, hangs = ThreadedLambda(), {}
    real, real_lock = bed.network.send, threading.Lock()

    def send(request: Request, media: Callable[[str], bytes]) -> Response:
        account = request.url.split("/")[-2]
        if account in hangs and request.method != "GET":
            assert hangs[account].wait(20)
        with real_lock:
            return real(request, media)

    bed.network.send = send  # type: ignore[method-assign]
    hand_over = LambdaHandOver(functions, "omnipub-test-sender", bed.journal)  # type: ignore[arg-type]
    world = replace(bed.system.world, threads=BoundedThreadPool(), hand_over=hand_over)
    bed.system = assemble(Settings(data=str(tmp_path), pack=PACK), world, CHANNELS)
    functions.function = sender.build(bed.system)
    yield Stage(bed=bed, functions=functions, hangs=hangs)
    for event in hangs.values():
        event.set()
    functions.join()
    bed.close()


def test_who_hangs_delays_nobody_neither_in_the_batch_nor_in_its_own_run(stage: Stage) -> None:
    stage.hangs["acc-a1"] = threading.Event()
    channels = stage.connect(10)
    assert stage.work(stage.compose(channels)) == []  # it returns while one hangs: it waits for no network
    others = sorted(f"acc-a{number}" for number in range(10) if number != 1)
    deadline = time.monotonic() + 10
    while stage.accounts() != others:
        assert time.monotonic() < deadline, "the others are not out while one hangs"
        time.sleep(0.01)
    assert [len(one) for one in sorted(stage.functions.groups(), key=len)] == [2, PACK, PACK]
    stage.hangs["acc-a1"].set()
    stage.functions.join()
    assert stage.accounts() == sorted([*others, "acc-a1"])


def test_a_payload_has_keys_alone_and_what_is_one_accounts_stays_together_in_order(stage: Stage) -> None:
    channels = stage.connect(6)
    pointers = [one for text in ("First text", "Second text") for one in stage.compose(channels, text)]
    assert stage.work(pointers) == []
    stage.functions.join()
    carried = json.dumps(stage.functions.payloads)
    assert "text" not in carried
    assert "secret-token" not in carried
    groups = stage.functions.groups()
    assert len({name for names in groups for name in names}) == sum(len(names) for names in groups) == 6
    for number in range(6):
        texts = [one["text"] for one in stage.bed.network.posts if one["account"] == f"acc-a{number}"]
        assert texts == ["First text", "Second text"]
    assert [one.keys() for payload in stage.functions.payloads for one in payload["pointers"]] == [
        {"pk", "sk", "group", "why", "trace", "at"}
    ] * 12


def test_a_hand_over_that_fails_fails_its_records_alone_and_doubles_are_harmless(stage: Stage) -> None:
    channels = stage.connect(2 * PACK)
    pointers = stage.compose(channels)
    stage.functions.refused = {0}
    failed = stage.work(pointers)
    (lost,) = stage.bed.journal.named("hand_over_failed")
    assert (lost["records"], len(failed)) == (PACK, PACK)
    stage.functions.join()
    out = stage.accounts()
    assert len(out) == PACK
    assert {sequence_number(pointers.index(one) + 1) for one in pointers if _account(one) not in out} == set(failed)
    assert stage.work(pointers) == [], "Kinesis gives all of them again"
    stage.functions.join()
    assert stage.accounts() == sorted(f"acc-a{number}" for number in range(2 * PACK)), "each of them once"


def _account(pointer: Pointer) -> str:
    return pointer.group.partition("/")[2].partition("#")[0]


def test_accounts_in_trouble_share_runs_with_each_other_alone(stage: Stage) -> None:
    channels = stage.connect(6)
    stage.bed.network.orders = ["no_answer", "no_answer"]
    assert stage.work(stage.compose(channels[:2], "Unanswered")) == []
    stage.functions.join()
    stage.functions.payloads.clear()
    assert stage.work(stage.compose(channels)) == []
    stage.functions.join()
    troubled = {f"looked/acc-a{number}#{OWNER}" for number in (0, 1)}
    assert troubled in [set(names) for names in stage.functions.groups()]
    assert sum(len(names) for names in stage.functions.groups()) == 6


def test_without_knowing_who_is_in_trouble_the_worker_hands_over_all_the_same(stage: Stage) -> None:
    pointers = stage.compose(stage.connect(2))
    table = stage.bed.system.world.table
    assert isinstance(table, Flaky)
    table.mute = True
    try:
        assert stage.work(pointers) == []
        stage.functions.join()
    finally:
        table.mute = False
    assert len(stage.functions.payloads) == 1


def test_what_a_run_died_with_goes_alone_and_no_others_are_under_way_with_it(stage: Stage) -> None:
    channels = stage.connect(3)
    stage.bed.network.orders = ["die_before"]
    pointers = stage.compose([channels[0]], "Deadly")
    with pytest.raises(WorkerKilledError):
        stage.bed.system.batches.run(pointers)
    stage.bed.clock.advance(minutes=6)
    stage.bed.system.dispatch.tick()
    looked = stage.bed.stream.take()
    assert [one.pk for one in looked] == [pointers[0].pk]
    others = stage.compose(channels[1:])
    assert stage.work([*looked, *others]) == []
    stage.functions.join()
    first, second = stage.functions.payloads
    assert len(first["pointers"]) == 3
    assert [(one["pk"], one["why"]) for one in second["pointers"]] == [(pointers[0].pk, ALONE)]
    assert stage.accounts() == ["acc-a1", "acc-a2"]
    assert stage.work([replace(looked[0], why=ALONE), *looked]) == []
    stage.functions.join()
    assert all(len(payload["pointers"]) == 1 for payload in stage.functions.payloads[2:])


def test_a_deadly_one_that_is_alone_already_is_not_handed_over_again(stage: Stage) -> None:
    stage.connect(1)
    stage.bed.network.orders = ["die_before"]
    pointers = stage.compose(["looked:a0"], "Deadly")
    with pytest.raises(WorkerKilledError):
        stage.bed.system.batches.run(pointers)
    for _ in range(8):
        stage.bed.clock.advance(minutes=1)
        stage.bed.system.dispatch.tick()
        assert stage.work(stage.bed.stream.take()) == []
        stage.functions.join()
    assert stage.accounts() == ["acc-a0"], "two looks found nothing, then it went out"
    assert not any(one["why"] == ALONE for payload in stage.functions.payloads for one in payload["pointers"])


def test_records_that_storage_fails_on_make_the_run_fail_and_the_others_are_out(stage: Stage) -> None:
    first, second = stage.compose(["looked"], "one"), stage.compose(["keyed"], "two")
    table = stage.bed.system.world.table
    assert isinstance(table, Flaky)
    table.broken = first[0].pk
    assert stage.work([*first, *second]) == []
    stage.functions.join()
    table.broken = ""
    assert stage.bed.network.texts() == ["two"]
    (parked,) = stage.functions.parked
    assert len(parked["pointers"]) == 2
    assert [note["pk"] for note in stage.bed.journal.named("record_failed")] == [first[0].pk]
    table.broken = first[0].pk
    with pytest.raises(UnavailableError, match=r"1 of 1 records failed. The first: Throttled\."):
        sender.build(stage.bed.system)(json.loads(handed_to_text(first)), CONTEXT)
    table.broken = ""
    sender.build(stage.bed.system)(parked, CONTEXT)
    assert stage.bed.network.texts() == ["two", "one"], "replayed, what is out is not sent again"


def test_whoever_sends_waits_for_the_moment_and_the_worker_does_not(stage: Stage) -> None:
    message = stage.compose(["looked"], "Soon")
    due = stage.bed.clock.now() + timedelta(seconds=2)
    item = stage.bed.system.world.table.get(Key(message[0].pk, message[0].sk))
    assert item is not None
    stage.functions.function = lambda _, __: None
    before = stage.bed.clock.now()
    assert stage.work([replace(message[0], at=due)]) == []
    assert stage.bed.clock.now() == before


def test_the_sender_reads_around_what_is_no_pointer(stage: Stage) -> None:
    (pointer,) = stage.compose(["looked"])
    payload = json.loads(handed_to_text([pointer]))
    payload["pointers"] += [None, 1, {}, {"pk": "", "sk": "", "group": ""}, {"pk": "x" * 600, "sk": "x", "group": "x"}]
    sender.build(stage.bed.system)(payload, CONTEXT)
    assert stage.bed.network.texts() == ["Hello"]
    assert len(stage.bed.journal.named("foreign_record")) == 5


@pytest.mark.parametrize("payload", [{}, {"pointers": None}, {"pointers": {}}, {"Records": []}])
def test_the_sender_refuses_another_call(stage: Stage, payload: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="the sender wants pointers"):
        sender.build(stage.bed.system)(payload, CONTEXT)


def test_a_closed_gate_sends_nothing_and_the_call_is_done(stage: Stage) -> None:
    stage.bed.system.gate.enter()
    message = stage.bed.system.compose.message(owner=OWNER, content=Content(text="Not yet"), channels=["looked"])
    stage.bed.place.name = "elsewhere"
    assert stage.work(stage.bed.stream.take()) == []
    stage.functions.join()
    assert stage.functions.parked == []
    assert stage.bed.network.texts() == []
    assert only(stage.bed, message.id).status is Status.SCHEDULED
    assert stage.bed.journal.named("gate_closed")


def test_pointers_come_out_as_they_were_handed_over(stage: Stage) -> None:
    pointers = stage.compose(["looked", "keyed"])
    assert handed_from(json.loads(handed_to_text(pointers))) == pointers
    assert all(one.pk == other.pk for one, other in pairwise(pointers))
