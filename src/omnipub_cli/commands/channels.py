"""`omnipub channels`: see the networks, their limits and your accounts on them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub.errors import NotFoundError
from omnipub_cli.commands._shared.accounts import say_none
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples, group
from omnipub_cli.output.views import Cell, Column, RecordView, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub.domain.conversation import Channel
    from omnipub.storage.items import Connection
    from omnipub_cli.output.json_documents.connection_documents import (
        ChannelLimitsJson,
        ChannelListJson,
        MissingAnswerJson,
        NetworkLimitsJson,
    )

app = group("See the networks, their limits and your accounts on them.", "omnipub channels list")

NETWORKS = (
    Column("NETWORK"),
    Column("CHANNEL"),
    Column("STANDING"),
    Column("ACCOUNT", flexible=True),
    Column("TITLE", flexible=True, rank=1),
)

REMEDIES = {
    "resend": "sent again under the same key, which the network knows",
    "look_up": "looked for among the account's posts",
    "none": "not possible; a person decides",
}
"""How a missing answer is found out, in words."""


@app.command("list", cls=Command, epilog=examples("omnipub channels list"))
def list_(context: typer.Context) -> None:
    """List the networks with your accounts on them and their standing."""
    from omnipub.services.channels.catalog import networks

    call = call_of(context)
    with call.system() as system:
        found = networks(system.channels, system.accounts.of(call.owner))
    rows: list[Sequence[Cell]] = []
    for one in found:
        rows += [
            (one["network"], account["channel"], StatusCell(account["standing"]), account["account"], account["title"])
            for account in one["accounts"]
        ] or [(one["network"], None, None, None, one["title"])]
    document: ChannelListJson = {"channels": found}
    call.output.data(TableView(columns=NETWORKS, rows=rows), json=document, ids=[str(one["network"]) for one in found])
    if not any(one["accounts"] for one in found):
        say_none(call)


@app.command(cls=Command, epilog=examples("omnipub channels limits", "omnipub channels limits linkedin --json"))
def limits(
    context: typer.Context,
    network: Annotated[str, typer.Argument(metavar="[NETWORK]", help="Only this one.")] = "",
) -> None:
    """Show what each network accepts, in its own units, and how a missing answer is found out."""
    from omnipub.channels.registry import CHANNELS
    from omnipub.services.channels.catalog import limits as limits_of

    if network and network not in CHANNELS:
        raise NotFoundError(
            f"omnipub does not know the network '{network}'.", hint=f"Known networks: {', '.join(sorted(CHANNELS))}."
        )
    call = call_of(context)
    connected = _connected(call)
    chosen = {name: channel for name, channel in sorted(CHANNELS.items()) if network in {"", name}}
    documents: list[NetworkLimitsJson] = [
        {
            "network": name,
            "title": channel.title,
            **limits_of(channel),
            "missing_answers": _remedies(channel, [one for one in connected if one.channel.split(":")[0] == name]),
        }
        for name, channel in chosen.items()
    ]
    document: ChannelLimitsJson = {"channels": documents}
    call.output.data(
        *(RecordView(fields=_fields(one)) for one in documents),
        json=document,
        ids=[str(one["network"]) for one in documents],
    )


def _connected(call: Call) -> "Sequence[Connection]":
    """The accounts on the data directory; looking at limits does not make one."""
    if not call.on_aws and not call.directory.is_dir():
        return ()
    with call.system() as system:
        return system.accounts.of(call.owner)


def _remedies(channel: "Channel", connections: "Sequence[Connection]") -> "list[MissingAnswerJson]":
    """By connected account, as it may depend on the account's kind; else all that are possible."""
    if connections:
        return [{"channel": one.channel, "how": channel.remedy(one.account).value} for one in connections]
    kinds = channel.account_examples.values() or (channel.sandbox_account.id,)
    return [{"channel": None, "how": how.value} for how in dict.fromkeys(map(channel.remedy, kinds))]


def _fields(one: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    types = ", ".join(kind.removeprefix("image/") for kind in one["image_types"])
    settle = one["settle_seconds"]
    found_out = [
        f"{remedy['channel']}: {REMEDIES[remedy['how']]}" if remedy["channel"] else REMEDIES[remedy["how"]]
        for remedy in one["missing_answers"]
    ]
    depends = len(found_out) > 1 and not one["missing_answers"][0]["channel"]
    looks = any(remedy["how"] == "look_up" for remedy in one["missing_answers"])
    return [
        ("network", one["network"]),
        ("title", one["title"]),
        ("text", ", ".join(f"{bound['most']:,} {bound['unit']}" for bound in one["text"])),
        ("images", f"{one['images']} of {types}, {one['image_bytes']:,} bytes each" if one["images"] else "none"),
        ("alt text", f"{one['alt_text']:,} characters"),
        *([("settle", f"a new post is found after at most {settle:,} s")] if looks else []),
        (
            "missing answer",
            ("depends on the account: " if depends else "") + ("; or " if depends else "; ").join(found_out),
        ),
    ]
