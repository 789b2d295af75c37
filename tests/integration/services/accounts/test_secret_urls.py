"""An address that is a secret: sealed, known by its hash, once for each owner, and what waits for it moves with it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.errors import ConflictError, SealBrokenError
from omnipub.ports.table import Delete, Put
from omnipub.services.accounts.secret_url_migration import SecretUrlMigration
from omnipub.services.messages.read import Viewer
from omnipub.services.pauses.scopes import account_scope
from omnipub.storage import access, keys
from omnipub.storage.items import Connection, connection_item, delivery_item, plain_item
from omnipub.storage.kinds import without_secrets
from support.echoes import traces
from support.world import CHANNELS, OWNER, START, TestBed, make_bed

OTHER = "owner-2"
SECRET = "S3cretPathOfThisReceiver"
ADDRESS = f"https://hooks.example.com/in/{SECRET}?key=An0therS3cretOfIt"
ELSEWHERE = "https://hooks.example.org/in/S0mewhereElse"


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestBed]:
    monkeypatch.setattr(CHANNELS["keyed"], "base_url", "")
    monkeypatch.setattr(CHANNELS["keyed"], "own_ids", False)
    any_id = replace(CHANNELS["keyed"].post_ids, pattern=re.compile(".+"))
    monkeypatch.setattr(CHANNELS["keyed"], "post_ids", any_id)
    made = make_bed(tmp_path)
    made.system.connecting.disconnect(found(made))
    yield made
    made.close()


def found(bed: TestBed, owner: str = OWNER, channel: str = "keyed") -> Connection:
    there = bed.system.accounts.find(owner, channel)
    assert there is not None
    return there


def connect(
    bed: TestBed, address: str = ADDRESS, *, owner: str = OWNER, channel: str = "keyed", name: str = "intranet"
) -> Connection:
    return bed.system.accounts.connect(
        owner=owner, channel=channel, account=name, token=Secret("token-of-it"), base_url=address
    )


def compose(bed: TestBed, text: str, owner: str = OWNER) -> str:
    return bed.system.compose.message(owner=owner, content=Content(text=text), channels=["keyed"]).id


def only(bed: TestBed, message: str, owner: str = OWNER) -> Delivery:
    (one,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=owner)).deliveries
    return one


def test_nothing_of_it_but_scheme_and_host_stands_in_the_table_or_leaves_it(bed: TestBed, tmp_path: Path) -> None:
    made = connect(bed)
    message = compose(bed, "Hello")
    bed.run_stream()
    assert only(bed, message).status is Status.PUBLISHED
    kept = "".join(json.dumps(item) for item in access.everything(bed.system.world.table))
    kept += "".join(json.dumps(without_secrets(item)) for item in access.everything(bed.system.world.table))
    kept += (tmp_path / "table.db").read_bytes().decode("latin-1") + str(bed.journal.notes) + str(bed.stream.records)
    assert "https://hooks.example.com" in kept
    for secret in (SECRET, "An0therS3cretOfIt"):
        assert traces(kept, secret) == []
    assert made.account.startswith("https://hooks.example.com~")
    assert made.title == "intranet"
    assert bed.system.accounts.address_of(made) == ADDRESS


def test_one_address_is_connected_once_however_it_is_spelled(bed: TestBed) -> None:
    connect(bed)
    with pytest.raises(ConflictError, match="already connected under another name"):
        connect(
            bed,
            ADDRESS.replace("https://hooks.example.com", "HTTPS://Hooks.Example.com:443"),
            channel="keyed:b",
            name="b",
        )
    again = connect(bed, ADDRESS.replace("hooks.example", "HOOKS.Example"))
    assert again.account == found(bed).account
    assert again.version == 2
    assert connect(bed, owner=OTHER).account == again.account, "the same for another owner, who has it for himself"


def test_all_processes_hash_alike_and_the_hash_has_a_key(bed: TestBed, tmp_path: Path) -> None:
    first = bed.system.accounts.addresses.identity(ADDRESS)
    fresh = replace(bed.system.accounts.addresses, known=[])
    assert fresh.identity(ADDRESS) == first
    (tmp_path / "other").mkdir()
    elsewhere = make_bed(tmp_path / "other")
    elsewhere.system.world.chance.token()
    assert elsewhere.system.accounts.addresses.identity(ADDRESS) != first
    elsewhere.close()


def test_what_waits_for_a_name_goes_where_the_name_leads_now(bed: TestBed) -> None:
    connect(bed)
    bed.network.orders = ["auth"]
    message = compose(bed, "Hello")
    bed.run_stream()
    assert only(bed, message).status is Status.HELD
    moved = connect(bed, ELSEWHERE)
    assert moved.account.startswith("https://hooks.example.org~")
    bed.pass_time(bed.clock.now().replace(minute=20))
    assert only(bed, message).status is Status.PUBLISHED
    assert len(bed.network.posts) == 1


def test_what_may_be_out_is_not_sent_elsewhere_to_find_out(bed: TestBed) -> None:
    connect(bed)
    bed.network.orders = ["lost_answer"]
    message = compose(bed, "Hello")
    bed.run_stream()
    assert only(bed, message).may_be_out
    connect(bed, ELSEWHERE)
    bed.pass_time(bed.clock.now().replace(minute=30))
    assert len(bed.network.posts) == 1
    assert only(bed, message).status is not Status.PUBLISHED


def test_a_name_that_stands_for_one_address_is_not_taken_for_another_name(bed: TestBed) -> None:
    connect(bed)
    with pytest.raises(ConflictError, match="is connected to account"):
        connect(bed, ELSEWHERE, name="shop")
    with pytest.raises(ConflictError):
        connect(bed, ELSEWHERE, channel="keyed:b")


def test_a_pause_goes_with_the_account(bed: TestBed) -> None:
    made = connect(bed)
    bed.system.pauses.pause(account_scope("keyed", made.account, OWNER), reason="Its owner asked.", by="ops")
    connect(bed, ELSEWHERE)
    message = compose(bed, "Hello")
    bed.run_stream()
    assert only(bed, message).status is Status.HELD


# What an earlier release left.


def left_by_number_1(bed: TestBed) -> str:
    """A connection whose address lies open, and a delivery bound to what its owner called it."""
    table = bed.system.world.table
    sealed = bed.system.world.vault.seal(Secret("token-of-it"), (OWNER, "keyed", "intranet", "token"))
    connection = Connection(
        owner=OWNER,
        channel="keyed",
        account="intranet",
        title="Ours",
        sealed=sealed,
        created_at=START,
        base_url=ADDRESS,
    )
    table.put(connection_item(connection, lambda _: 0))
    table.put(plain_item(keys.connected_account(OWNER, "keyed", "intranet"), channel="keyed"))
    message = compose(bed, "Hello")
    delivery = replace(only(bed, message), own_words=False)
    table.transact([Put(item=delivery_item(delivery, lambda _: 0))])
    return message


def test_an_address_that_lies_open_is_sealed_and_what_waits_goes_out_once(bed: TestBed) -> None:
    message = left_by_number_1(bed)
    assert SECRET in str(list(access.everything(bed.system.world.table)))
    SecretUrlMigration(accounts=bed.system.accounts).of(OWNER)
    assert SECRET not in str(list(access.everything(bed.system.world.table)))
    SecretUrlMigration(accounts=bed.system.accounts).of(OWNER)
    assert found(bed).version == 2, "once"
    bed.run_stream()
    assert only(bed, message).status is Status.PUBLISHED
    assert [post["text"] for post in bed.network.posts] == ["Hello"]
    assert bed.system.accounts.address_of(found(bed)) == ADDRESS
    with pytest.raises(ConflictError, match="already connected under another name"):
        connect(bed, channel="keyed:b", name="b")
    assert connect(bed).account == "intranet", "its deliveries are bound to that"


def test_before_it_is_sealed_an_export_and_an_inspection_show_where_it_leads_only(bed: TestBed) -> None:
    left_by_number_1(bed)
    shown = [without_secrets(item) for item in access.everything(bed.system.world.table)]
    assert "https://hooks.example.com" in str(shown)
    assert traces(str(shown), SECRET) == []


def test_everybodys_open_addresses_are_sealed_the_first_time(bed: TestBed) -> None:
    left_by_number_1(bed)
    bed.system.world.table.transact([Delete(key=keys.address_key())])
    SecretUrlMigration(accounts=bed.system.accounts).of(OTHER)
    assert SECRET not in str(list(access.everything(bed.system.world.table)))
    assert bed.system.accounts.addresses.drawn()


def test_what_number_1_bound_to_a_name_follows_it_to_a_new_address(bed: TestBed) -> None:
    message = left_by_number_1(bed)
    connect(bed, ELSEWHERE)
    bed.run_stream()
    assert only(bed, message).status is Status.PUBLISHED
    assert len(bed.network.posts) == 1


def test_after_an_import_the_address_must_be_given_again(bed: TestBed) -> None:
    made = connect(bed)
    item = without_secrets(connection_item(made, lambda _: 0)) | {"sealed": "", "version": made.version + 1}
    bed.system.world.table.put(item)
    SecretUrlMigration(accounts=bed.system.accounts).of(OWNER)
    with pytest.raises(SealBrokenError, match="brings no secrets"):
        bed.system.accounts.address_of(found(bed))
    assert bed.system.accounts.own_address(OWNER, "keyed", "intranet") == ""
    assert connect(bed).account == made.account


def test_a_hash_key_that_opens_no_more_is_drawn_anew(bed: TestBed, tmp_path: Path) -> None:
    assert isinstance(bed.system.world.table, SqliteTable)
    bed.system.world.table.put(plain_item(keys.address_key(), sealed="v2.AAAA", version=3))
    name = replace(bed.system.accounts.addresses, known=[]).identity(ADDRESS)
    assert replace(bed.system.accounts.addresses, known=[]).identity(ADDRESS) == name
    assert bed.journal.named("address_key_lost")
    assert tmp_path.exists()
