import ast
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import omnipub
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.ports.table import Key
from omnipub.services.accounts.connect import RENEWAL
from omnipub.storage import keys
from omnipub.storage.dynamodb_json import typed
from omnipub.storage.items import Connection, attempt_item, connection_item, delivery_item, plain_item
from omnipub.storage.kinds import SECRETS, ItemKind, kind_of, read, value_of, without_secrets

ROOT = Path(omnipub.__file__).parent
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARENT = Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A")
DELIVERY = Delivery(
    parent=PARENT,
    channel="facebook:events",
    account="1",
    owner="ada",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
)
CONNECTION = Connection(
    owner="ada",
    channel="facebook",
    account="1",
    title="Page",
    sealed="1.AAAA",
    created_at=NOON,
    settings={"renewal": "1.BBBB", "pds": "https://pds.example"},
)
SAMPLES = {"parent": PARENT, "number": 1, "at": NOON, "status": Status.HELD, "kind": ParentKind.MESSAGE, "shard": 0}


def made_keys() -> dict[str, Key]:
    """Every primary key that `keys` can spell, by the function's name."""
    found = {}
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        signature = inspect.signature(function)
        if function.__module__ == keys.__name__ and signature.return_annotation is Key:
            found[name] = function(*(SAMPLES.get(each, each) for each in signature.parameters))
    return found


@pytest.mark.parametrize("name", made_keys())
def test_every_key_that_can_be_spelled_is_of_a_kind(name: str) -> None:
    assert kind_of(made_keys()[name]) is not None


@pytest.mark.parametrize("name", made_keys())
def test_the_name_of_every_key_is_read_back(name: str) -> None:
    key = made_keys()[name]
    partition, sort = keys.named(keys.name(key))
    assert (partition, sort or keys.METADATA) == key


def test_kinds_tell_the_items_of_a_collection_apart() -> None:
    assert [
        kind_of(key) for key in (keys.metadata(PARENT), keys.delivery(PARENT, "x"), keys.attempt(PARENT, "x", 1))
    ] == [
        ItemKind.MESSAGE,
        ItemKind.DELIVERY,
        ItemKind.ATTEMPT,
    ]


@pytest.mark.parametrize("key", [Key("FOO#1", "METADATA"), Key("MSG#1", "OTHER"), Key("USER#1", "OTHER"), Key("", "")])
def test_what_no_key_of_ours_is_spelled_like_is_of_no_kind(key: Key) -> None:
    assert kind_of(key) is None
    with pytest.raises(ValueError, match="spelled"):
        value_of({"PK": key.pk, "SK": key.sk})


def test_an_item_as_it_was_written_has_the_keys_it_should_have() -> None:
    found = read(delivery_item(DELIVERY, lambda _: 0), 1)
    assert found.value == DELIVERY
    assert [key.name for key in found.index_keys] == ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"]
    assert all(key.right for key in found.index_keys)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_shard_of_every_count_there_ever_was_is_right(count: int) -> None:
    item = delivery_item(DELIVERY, lambda name: keys.shard_of(name, count))
    assert read(item, 8).index_keys
    assert all(key.right for key in read(item, 8).index_keys)


def test_a_shard_that_no_reader_looks_into_is_wrong() -> None:
    item = delivery_item(DELIVERY, lambda _: 5)
    assert {key.name for key in read(item, 1).index_keys if not key.right} == {"GSI1PK", "GSI2PK"}


def test_a_missing_and_a_superfluous_index_key_are_wrong() -> None:
    item = delivery_item(DELIVERY, lambda _: 0)
    del item["GSI1SK"]
    assert [key.name for key in read(item, 1).index_keys if not key.right] == ["GSI1SK"]
    plain = plain_item(keys.cursor(), at=NOON) | {"GSI1PK": "STATUS#held"}
    (wrong,) = (key for key in read(plain, 1).index_keys if not key.right)
    assert (wrong.name, wrong.allowed) == ("GSI1PK", (None,))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "gone"}, "gone"),
        ({"due_at": "noon"}, "ValueError"),
        ({"version": None}, "no version"),
        ({"attempts": "many"}, "ValueError"),
        ({"parent": None}, "It cannot be read"),
    ],
)
def test_an_item_that_cannot_be_read_says_why(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(delivery_item(DELIVERY, lambda _: 0) | change, 1)


def test_an_item_without_a_needed_attribute_says_which() -> None:
    item = delivery_item(DELIVERY, lambda _: 0)
    del item["account"]
    with pytest.raises(ValueError, match="account"):
        read(item, 1)
    with pytest.raises(ValueError, match="does not say its delivery"):
        read(plain_item(keys.post("facebook", "1")), 1)


def test_an_item_in_no_index_has_only_its_primary_key() -> None:
    assert [key.name for key in read(plain_item(keys.cursor(), at=NOON), 1).index_keys] == ["PK", "SK"]


def test_a_try_needs_no_version() -> None:
    attempt = Attempt(parent=PARENT, channel="x", number=1, started_at=NOON, ended_at=None, ended="died")
    assert read(attempt_item(attempt), 1).value == attempt


def test_secrets_are_left_out_or_covered_at_every_depth() -> None:
    item = connection_item(CONNECTION, lambda _: 0)
    left = without_secrets(item)
    assert "sealed" not in left
    assert left["settings"] == {"pds": "https://pds.example"}
    covered = without_secrets(item | {"list": [{"sealed": "1.CCCC"}]}, "(sealed)")
    assert (covered["sealed"], covered["settings"]["renewal"]) == ("(sealed)", "(sealed)")
    assert covered["list"] == [{"sealed": "(sealed)"}]


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("https://hooks.example/in?key=1", "https://hooks.example"),
        ("https://PDS.example/?key=1", "https://PDS.example/?key=1"),
        ("http://127.0.0.1:4000/facebook/", "http://127.0.0.1:4000/facebook/"),
    ],
)
def test_an_address_with_a_path_of_its_own_is_cut_to_its_place(address: str, left: str) -> None:
    item = connection_item(replace(CONNECTION, base_url=address), lambda _: 0)
    assert without_secrets(item)["base_url"] == left


def test_what_services_seal_counts_as_secret() -> None:
    assert RENEWAL in SECRETS


def test_dynamodb_json_names_every_type() -> None:
    assert typed({"s": "x", "n": -5, "yes": True, "nothing": None, "list": [1, "two"], "map": {"a": False}}) == {
        "s": {"S": "x"},
        "n": {"N": "-5"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "list": {"L": [{"N": "1"}, {"S": "two"}]},
        "map": {"M": {"a": {"BOOL": False}}},
    }
    with pytest.raises(TypeError, match="float"):
        typed({"x": 0.5})


def calls(source: Path, matches: Callable[[ast.expr], bool]) -> bool:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.Call) and matches(node.func) for node in ast.walk(tree))


def test_only_access_scans_and_only_what_must_see_all_items_asks_it_to() -> None:
    def scans(function: ast.expr) -> bool:
        return isinstance(function, ast.Attribute) and function.attr == "everything"

    scanning = {source.relative_to(ROOT).as_posix() for source in ROOT.rglob("*.py") if calls(source, scans)}
    assert scanning == {
        "storage/access.py",
        "services/table/verify.py",
        "services/table/dump.py",
        "services/accounts/secret_url_migration.py",  # once in a table's life
    }
