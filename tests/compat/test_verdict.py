"""Which differences of two records are compatible, and what becomes of the others."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compat.record import recorded
from compat.verdict import COMMAND, Record, differences, refusal, report

Change = Callable[[Any], object]


def _set(*path: str, to: Any) -> Change:
    def change(now: Any) -> None:
        for part in path[:-1]:
            now = now[part]
        now[path[-1]] = to

    return change


def _drop(*path: str) -> Change:
    def change(now: Any) -> None:
        for part in path[:-1]:
            now = now[part]
        del now[path[-1]]

    return change


def _both(*changes: Change) -> Change:
    return lambda now: [change(now) for change in changes]


def _of(kind: str, path: str) -> tuple[str, str, str]:
    return "items", kind, path


STATUSES = recorded()["items"]["delivery"]["status"]["values"]
OPTIONAL_MAP = _both(
    _set(*_of("delivery", "budget"), to={"is": "map", "null": True, "absent": None}),
    _set(*_of("delivery", "budget.limit"), to={"is": "number", "required": True}),
)
COMPATIBLE: dict[str, Change] = {
    "a new attribute that may be absent": _set(*_of("delivery", "colour"), to={"is": "text", "absent": ""}),
    "a new map that may be absent, with what it needs in it": OPTIONAL_MAP,
    "a new kind of item": _set("items", "tag", to={"name": {"is": "text", "required": True}}),
    "a new key": _set("keys", "tag", to="TAG#<name> / METADATA"),
}
INCOMPATIBLE: dict[str, Change] = {
    "a new attribute that is required": _set(*_of("message", "colour"), to={"is": "text", "required": True}),
    "an attribute that is gone": _drop(*_of("delivery", "may_be_out")),
    "an attribute of a map that is gone": _drop(*_of("delivery", "lease.until")),
    "another name": _both(
        _drop(*_of("delivery", "holds")), _set(*_of("delivery", "holding"), to={"is": "text", "absent": ""})
    ),
    "another type": _set("items", "delivery", "looks", "is", to="text"),
    "one more word": _set("items", "delivery", "status", "values", to=[*STATUSES, "abducted"]),
    "one word less": _set("items", "delivery", "status", "values", to=STATUSES[1:]),
    "null where there was none": _set("items", "delivery", "account", "null", to=True),
    "no null where there was one": _drop("items", "delivery", "due_at", "null"),
    "another default": _set("items", "message", "revision", "absent", to=0),
    "required that was not": _set("items", "delivery", "looks", to={"is": "number", "required": True}),
    "not required that was": _set("items", "connection", "title", to={"is": "text", "absent": ""}),
    "a kind of item that is gone": _drop("items", "unresolved"),
    "a key spelled otherwise": _set("keys", "gate", to="SYSTEM#DOOR / METADATA"),
    "a key that is gone": _drop("keys", "gate"),
    "another digest": _set("keys", "digest of a text", to="0"),
    "another scope to pause": _set("keys", "scopes", to="account channel network owner"),
    "another attribute of a frozen request": _drop("items", "frozen for telegram", "text"),
    "another attribute of a pointer": _drop("items", "pointer", "pk"),
}


def changed(change: Change, *, raised: int = 0) -> Record:
    now: Any = copy.deepcopy(recorded())
    change(now)
    now["meaning"] += raised
    return now


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_compatible_change_goes_into_the_record_as_it_is(name: str) -> None:
    now = changed(COMPATIBLE[name])
    assert [one.compatible for one in differences(recorded(), now)] == [True]
    assert refusal(recorded(), now) == ""
    assert report(recorded(), now).endswith(COMMAND)


@pytest.mark.parametrize("name", INCOMPATIBLE)
def test_an_incompatible_change_is_refused_until_the_number_is_raised(name: str) -> None:
    now = changed(INCOMPATIBLE[name])
    found = differences(recorded(), now)
    assert [one for one in found if not one.compatible]
    said = refusal(recorded(), now)
    assert "raise MEANING" in said
    assert all(one.where in said for one in found if not one.compatible)
    assert report(recorded(), now) == said
    raised = changed(INCOMPATIBLE[name], raised=1)
    assert refusal(recorded(), raised) == ""
    assert "raised from" in report(recorded(), raised)


def test_a_number_that_is_raised_for_what_no_record_shows_is_taken_and_never_lowered() -> None:
    nothing = changed(lambda _: None, raised=1)
    assert refusal(recorded(), nothing) == ""
    assert report(recorded(), nothing).endswith(COMMAND)
    assert "never used twice" in refusal(nothing, recorded())
    assert report(recorded(), recorded()) == ""
