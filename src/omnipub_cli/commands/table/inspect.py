"""`omnipub table inspect`: items as they are stored."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import LineView, StatusCell, StoryView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnipub.services.table.inspect import InspectedItem
    from omnipub_cli.output.json_documents.table_documents import InspectedJson, StoredItemJson

app = typer.Typer(add_completion=False)

_COMMANDS = {
    "cancel": "messages cancel {id} --channel {channel}",
    "retry": "messages retry {id} --channel {channel}",
    "dismiss": "messages dismiss {id} --channel {channel} --reason TEXT",
    "find": "messages mark-published {id} --channel {channel} --network-id ID",
    "claim": "schedule run-now {id}",
    "release": "pause",
}
"""Event → the command that lets it happen, where a person can."""


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub table inspect 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub table inspect MSG#01KB0CVP6ZJ7X3Q5N8T4W2E9HD/CHANNEL#facebook --raw",
        "omnipub table inspect USER#local --json",
    ),
)
def inspect(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="An id, a partition key, or PK/SK of one item.")],
    *,
    raw: Annotated[bool, typer.Option("--raw", help="In DynamoDB's own JSON, an item a line.")] = False,
) -> None:
    """Show a message, an owner or any other key as it is stored, beside what its index keys should be."""
    from omnipub.services.table.inspect import Inspector
    from omnipub.storage import keys

    call = call_of(context)
    with call.system() as system:
        found = Inspector(base=system.base).of(key)
    if raw and call.output.talks:
        for one in found:
            call.output.line(json.dumps(one.raw, ensure_ascii=False))
        return
    document: InspectedJson = {"items": [_shape(call, one, raw=raw) for one in found]}
    call.output.data(
        *(StoryView(lines=list(_lines(call, one))) for one in found),
        json=document,
        ids=[keys.name(one.key) for one in found],
    )
    if any(one.problem or not all(key.right for key in one.index_keys) for one in found):
        call.output.warn("Something is not as it should be.")
        call.output.hint(f"Look through the whole table: {call.typed('table verify')}")


def _lines(call: Call, one: "InspectedItem") -> "Iterator[LineView]":
    from omnipub.storage import keys

    names = [key.name for key in one.index_keys]
    yield LineView((keys.name(one.key), f"({one.kind.value if one.kind else 'unknown'})"), heading=True)
    if one.problem:
        yield LineView((one.problem,), indent=2)
    for name, value in one.item.items():
        if name not in names:
            cell = StatusCell(value) if name == "status" and isinstance(value, str) else _text(value)
            yield LineView((f"{name}:", cell), indent=2)
    for key in one.index_keys:
        should = " or ".join(each or "absent" for each in key.allowed)
        wrong = () if key.right else (f"(WRONG: it should be {should})",)
        yield LineView((f"{key.name}:", key.there or "absent", *wrong), indent=2)
    for row in one.next:
        yield LineView(("may", row.event.value, "→", StatusCell(row.target.value), f"({row.meaning})"), indent=2)
    for words in _commands(call, one):
        yield LineView(("type:", words), indent=2)


def _shape(call: Call, one: "InspectedItem", *, raw: bool) -> "StoredItemJson":
    from omnipub.storage import keys

    return {
        "key": keys.name(one.key),
        "kind": one.kind.value if one.kind else None,
        "problem": one.problem or None,
        "item": one.raw if raw else one.item,
        "index_keys": [
            {"name": key.name, "value": key.there, "allowed": list(key.allowed), "right": key.right}
            for key in one.index_keys
        ],
        "next": [{"event": row.event.value, "status": row.target.value, "meaning": row.meaning} for row in one.next],
        "commands": list(_commands(call, one)),
    }


def _commands(call: Call, one: "InspectedItem") -> "Iterator[str]":
    """What a person may type about a delivery now."""
    from omnipub.storage import keys

    parent, channel = keys.parent_of(one.key.pk), keys.channel_of(one.key.sk)
    if parent is None or channel is None:
        return
    for row in one.next:
        if row.event.value in _COMMANDS:
            yield call.typed(_COMMANDS[row.event.value].format(id=parent.id, channel=channel))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
