"""Items of every kind as this code writes them: full ones from values, the others from what the services do.

The same at each run, and without secrets: what the vault sealed is covered.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from compat.description import name_of
from compat.examples import (
    ATTEMPT,
    BREAKER,
    CAUSE,
    CERTIFICATION,
    CONNECTION,
    DELIVERY,
    MESSAGE,
    MINUTE,
    PROFILE,
    REQUEST,
    SEALED,
    TARGET,
)
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.config import Settings
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.message import Content
from omnipub.names import WRITE_ID
from omnipub.ports.table import Item
from omnipub.sandbox.ledger import Draft
from omnipub.sandbox.table_images import TablePictures
from omnipub.sandbox.table_ledger import TableLedger
from omnipub.sandbox.table_tokens import TableGrants
from omnipub.sandbox.tokens import Grant
from omnipub.seed.seeding import Seeding
from omnipub.services.protocol.gate import shut
from omnipub.storage import access, keys
from omnipub.storage.items import (
    attempt_item,
    breaker_item,
    cause_item,
    certification_item,
    connection_item,
    delivery_item,
    message_item,
    plain_item,
    profile_item,
    target_item,
)
from omnipub.storage.kinds import without_secrets
from support.world import CHANNELS, OWNER, START, TestBed, make_bed


def first(name: str) -> int:
    """Every id's shard is 0."""
    assert name
    return 0


def goldens(path: Path) -> list[Item]:
    """All of them; `path` is a directory to work in."""
    found = [
        message_item(MESSAGE, first),
        certification_item(CERTIFICATION, first),
        *(delivery_item(replace(DELIVERY, status=status), first) for status in Status),
        attempt_item(ATTEMPT),
        attempt_item(replace(ATTEMPT, number=4, ended_at=None, ended="died")),
        connection_item(CONNECTION, first),
        breaker_item(BREAKER),
        cause_item(CAUSE),
        target_item(TARGET),
        # No code writes this one: an operator raises the count.
        plain_item(keys.shards(), current=1, highest=2),
        profile_item(OWNER, PROFILE),
        # What a tick leaves that died early, and one in whose middle a sweep of the held is.
        plain_item(keys.heartbeat(), at=START),
        plain_item(
            keys.heartbeat(), at=START, served_at=START, sweeping_since=START, sweep_shard=0, sweep_after="<a cursor>"
        ),
    ]
    with _bed(path) as bed:
        found += _happened(bed)
        found += _sandbox(path)
    return sorted(found, key=lambda item: (item["PK"], item["SK"], sorted(item)))


@contextmanager
def _bed(path: Path) -> Iterator[TestBed]:
    path.mkdir(exist_ok=True)
    bed = make_bed(path, Settings(data=str(path)))
    try:
        yield bed
    finally:
        bed.close()


def _happened(bed: TestBed) -> list[Item]:
    """What the services write over a few minutes in which much goes wrong: of each kind one with these attributes."""
    kept: dict[tuple[str, frozenset[str]], Item] = {}

    def look() -> None:
        for item in access.everything(bed.system.world.table):
            kept.setdefault((name_of(item), frozenset(item)), without_secrets(item, SEALED))

    look()
    system, network = bed.system, bed.network
    shut(system.world.table, "was brought here from elsewhere")
    look()
    system.adoption.adopt()
    look()
    system.gate.enter()
    network.orders = ["lost_answer", "ok", "reject"]
    system.compose.message(owner=OWNER, content=Content(text="Who knows"), channels=["looked"])
    bed.run_stream()
    look()
    made = system.compose.message(
        owner=OWNER, content=Content(text="Hello"), channels=["looked", "keyed", "blind"], idempotency=REQUEST
    )
    assert made.id
    draft = replace(CERTIFICATION, photo=None, channels=("looked",))
    system.announce.certification(draft=draft)
    look()
    bed.run_stream()
    look()
    network.orders = ["throttle"] * 3
    for text in ("one", "two", "three"):
        system.compose.message(owner=OWNER, content=Content(text=text), channels=["keyed"])
    bed.pass_time(START + 2 * MINUTE)
    look()
    for scope in ("everything", "channel:looked", "account:blind/acc-blind", f"owner:{OWNER}"):
        system.pauses.pause(scope, reason="An incident.", by="ops")
    system.pauses.pause_unless_paused("channel:keyed", reason="Its version was switched off.")
    look()
    system.pauses.resume("channel:looked", send_late=False)
    system.pauses.resume("everything", send_late=True)
    look()
    system.accounts.addresses.identity("https://hooks.example.com/T0/B0")
    _seed(bed)
    bed.place.exclusive = True  # as on one machine
    system.gate.enter()
    look()
    shut(system.world.table, "was brought here from elsewhere")
    look()
    return list(kept.values())


def _sandbox(path: Path) -> list[Item]:
    """What a stage's sandbox keeps."""
    now = round(START.timestamp() * 1000)
    with closing(SqliteTable(path / "sandbox.db")) as table:
        ledger, pictures = TableLedger(table, lambda: now), TablePictures(table, lambda: now)
        ledger.register("facebook", "1001", SEALED)
        grant = Grant(refresh="<refresh>", client="<client>", secret="<secret>", lasts=60)
        TableGrants(table, lambda: now).give("facebook", "1001", grant)
        picture = pictures.keep(b"\x89PNG\r\n\x1a\n")
        assert picture is not None
        pictures.fill("facebook", pictures.begin("facebook", "1001", pattern="upload-{}"), picture)
        post = ledger.add(
            Draft(network="facebook", account="1001", name=lambda number: f"1001_{number}", text="Hi", media=[picture])
        )
        ledger.edit("facebook", post.id, text="Hello", sent={"message": "Hello"})
        assert ledger.delete_part(post, 1, of=1)
        items = list(access.everything(table))
    covered = [without_secrets(item, SEALED) for item in items]
    return [item | {WRITE_ID: "<write id>"} if WRITE_ID in item else item for item in covered]


def _seed(bed: TestBed) -> None:
    system = bed.system
    seeding = Seeding(
        base=system.base,
        settings=system.settings,
        networks=tuple(CHANNELS),
    )
    seeding.seed(messages=12, seed=1, progress=lambda _: None)
