"""What the stream and calls of functions carry: small JSON, no content, readable by older releases."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import from_text, to_text
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
from omnipub.strict_json import JsonError, loads

TICK = "omnipub.tick"
RUN_NOW = "omnipub.run-now"

ROWS = 10_000
"""The most rows of an answer to a run-now. With them it is well below the 6 MB that Lambda hands back."""

KEY_CHARACTERS = 500
"""Of a pointer's keys: no key of ours comes near, and DynamoDB refuses sort keys of more than 1,024 bytes."""

_FIELDS = ("pk", "sk", "group", "why", "trace")
_FOREIGN = (JsonError, KeyError, TypeError, ValueError, OverflowError)
"""What reading something raises that is none of ours; a moment may be no moment, or in no calendar."""

_ROW = ("pk", "channel", "ready", "dispatched", "why")


def pointer_to_text(pointer: Pointer) -> str:
    """A record's data."""
    return json.dumps(_fields(pointer), separators=(",", ":"))


def pointer_from_text(text: str | bytes) -> Pointer | None:
    """The pointer in a record's data, or None if it is none: a foreign record must not stop the shard."""
    try:
        found = _pointer(loads(text))
    except _FOREIGN:
        return None
    return found if _may_be_there(found) else None


def delayed_to_text(due: Sequence[DueSoon]) -> str:
    """The body of a message of the delay queue: pointers, each with its moment."""
    named = [_fields(one.pointer) | {"at": to_text(one.at)} for one in due]
    return json.dumps({"due": named}, separators=(",", ":"))


def delayed_from(body: str) -> list[DueSoon] | None:
    """What a message of the delay queue names, or None if it names nothing.

    The ticks find what it should have named.
    """
    try:
        found = [DueSoon(pointer=_pointer(one), at=from_text(one["at"])) for one in loads(body)["due"]]
    except _FOREIGN:
        return None
    return found if all(_may_be_there(one.pointer) for one in found) else None


def handed_to_text(pointers: Sequence[Pointer]) -> str:
    """The payload of a call of the sender."""
    return json.dumps({"pointers": [_fields(one) for one in pointers]}, separators=(",", ":"))


def handed_from(payload: Mapping[str, Any]) -> list[Pointer | None]:
    """What the sender is to send; None in the place of what is no pointer.

    Raises:
        ValueError: It is no call of the sender.
    """
    named = payload.get("pointers")
    if not isinstance(named, list):
        raise ValueError("the sender wants pointers")  # noqa: TRY004  a value of a payload, not an argument
    return [_handed(one) for one in named]


def run_now_to_text(parents: Sequence[Parent]) -> str:
    """The payload of a run-now; no parents mean all."""
    named = [{"kind": one.kind.value, "id": one.id} for one in parents]
    return json.dumps({"source": RUN_NOW, "parents": named}, separators=(",", ":"))


def run_now_from(payload: Mapping[str, Any]) -> list[Parent]:
    """The messages and certifications that a run-now names.

    Raises:
        KeyError: It does not say that it means all.
    """
    return [Parent(kind=ParentKind(one["kind"]), id=str(one["id"])) for one in payload["parents"]]


def report_to(report: RunNowReport) -> dict[str, Any]:
    """The answer to a run-now, of ROWS rows at most."""
    return {
        "dispatched": report.dispatched,
        "skipped": report.skipped,
        "lost": report.lost,
        "rows": [{name: getattr(row, name) for name in _ROW} for row in report.rows[:ROWS]],
    }


def report_from(answer: Mapping[str, Any]) -> RunNowReport:
    """What a run-now did, by its answer; what an older scheduler does not count is counted here.

    Raises:
        KeyError, TypeError: It is no such answer.
    """
    rows = [_ran(one) for one in answer["rows"]]
    dispatched = sum(row.dispatched for row in rows)
    return RunNowReport(
        rows=rows,
        dispatched=int(answer.get("dispatched", dispatched)),
        skipped=int(answer.get("skipped", len(rows) - dispatched)),
        lost=int(answer.get("lost", sum(row.ready and not row.dispatched for row in rows))),
    )


def _ran(fields: Mapping[str, Any]) -> RunNowResult:
    return RunNowResult(
        pk=str(fields["pk"]),
        channel=str(fields["channel"]),
        ready=bool(fields["ready"]),
        dispatched=bool(fields["dispatched"]),
        why=str(fields.get("why", "")),
    )


def _handed(fields: Any) -> Pointer | None:
    try:
        found = _pointer(fields)
    except _FOREIGN:
        return None
    return found if _may_be_there(found) else None


def _may_be_there(pointer: Pointer) -> bool:
    """Whether the table can be asked for it: a key that DynamoDB refuses would count as storage that fails.

    Likewise what is too long to be handed to the sender.
    """
    names = (pointer.pk, pointer.sk, pointer.group)
    rest = (pointer.why, pointer.trace)
    return all(0 < len(name) <= KEY_CHARACTERS for name in names) and all(len(one) <= KEY_CHARACTERS for one in rest)


def _fields(pointer: Pointer) -> dict[str, str]:
    fields: dict[str, str] = {name: getattr(pointer, name) for name in _FIELDS}
    return fields if pointer.at is None else fields | {"at": to_text(pointer.at)}


def _pointer(fields: Mapping[str, Any]) -> Pointer:
    return Pointer(
        pk=str(fields["pk"]),
        sk=str(fields["sk"]),
        group=str(fields["group"]),
        why=str(fields.get("why", "")),
        trace=str(fields.get("trace", "")),
        at=from_text(fields["at"]) if "at" in fields else None,
    )
