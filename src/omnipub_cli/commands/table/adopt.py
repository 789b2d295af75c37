"""`omnipub table adopt`: make a copied or restored table the one that publishes."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import ConflictError, InvalidInputError
from omnipub.hints import Action
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from omnipub.domain.delivery.model import Delivery
    from omnipub.services.protocol.gate import ClosedReason
    from omnipub.services.table.adopt import Adopted
    from omnipub_cli.output.json_documents.table_documents import AdoptedJson

app = typer.Typer(add_completion=False)

RETIRED = "retired"
"""What somebody types who knows that the original never runs again."""

SAME = "same"
"""What somebody types who knows that nothing was copied or restored."""

Retired = Annotated[
    bool,
    typer.Option("--original-is-retired", help="Do it without asking: what this was copied from never runs again."),
]
Same = Annotated[
    bool,
    typer.Option(
        "--same", help="It is the very table that ran last, only the evidence was lost: just claims are in doubt."
    ),
]
Hurried = Annotated[bool, typer.Option("--yes", "-y", hidden=True)]


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub table adopt",
        "omnipub table adopt --original-is-retired --data ./restored",
        "omnipub table adopt --same",
    ),
)
def adopt(context: typer.Context, *, retired: Retired = False, same: Same = False, yes: Hurried = False) -> None:
    """Let this copy publish, after its original is retired; what the original may have sent is left to a person."""
    call = call_of(context)
    if yes:
        raise InvalidInputError(
            "--yes never adopts: an original that still runs would publish everything twice.",
            hint=f"If it is retired for good: {call.typed('table adopt --original-is-retired')}",
        )
    if retired and same:
        raise InvalidInputError(
            "--same says that there is no original, and --original-is-retired that there was one.",
            hint="Give one of them.",
        )
    with _alone(call), call.system() as system:
        why = system.adoption.why()
        if why is None:
            call.output.data(json={"adopted": False, "deliveries": [], "unknown": []})
            call.output.note(f"The table in {call.where} belongs here already; there is nothing to adopt.")
            return
        _confirm(call, system.gate.sentence(why), why, retired=retired, same=same)
        adopted = system.adoption.adopt(same=same)
        from omnipub.domain.delivery.allowed_actions import statuses

        old = [one for one in statuses(Action.RETRY) if len(system.backlog.of(one, at_most=1))]
    _print(call, adopted, [] if same else [one.value for one in old])


def _alone(call: Call) -> "AbstractContextManager[None]":
    """Nothing else works on the data directory meanwhile; a stage has nothing that could be stopped."""
    if call.on_aws:
        return nullcontext()
    from omnipub.onebox.data_directory import alone

    call.settings  # noqa: B018  the directory is made and looked at first
    return alone(call.directory)


def _confirm(call: Call, closed: str, why: "ClosedReason", *, retired: bool, same: bool) -> None:
    """Let somebody say, in a word of its own, what no check can see."""
    from omnipub.services.protocol.gate import WITHOUT_EVIDENCE
    from omnipub_cli.framework import prompts

    if same and why not in WITHOUT_EVIDENCE:
        raise ConflictError(
            f"{closed} Its evidence was not lost, so it is not the table that ran last.",
            hint=f"If the original is retired for good: {call.typed('table adopt')}",
        )
    if retired or (same and not prompts.can_ask()):
        return
    if same:
        prompts.typed(
            call,
            f"{closed} If it is the table that ran last, neither copied nor restored, it goes on. "
            "Only what was being published becomes unconfirmed.",
            expected=SAME,
        )
        return
    prompts.typed(
        call,
        f"{closed} Adopting it makes {call.where} the place that publishes. Everything due or claimed since then "
        "becomes unconfirmed and is not sent by itself. The rest goes out when it is due. "
        "The original must never run again.",
        expected=RETIRED,
        option="--original-is-retired",
    )


def _print(call: Call, adopted: "Adopted", old: list[str]) -> None:
    from omnipub_cli.commands._shared import deliveries

    doubts = adopted.doubts
    document: AdoptedJson = {"adopted": True, "deliveries": deliveries.shapes(doubts), "unknown": adopted.unknown}
    call.output.data(
        *deliveries.table(doubts),
        json=document,
        ids=deliveries.ids(doubts),
    )
    call.output.note(f"{call.where} is the place that publishes now.")
    if adopted.unknown:
        call.output.warn(
            f"The original had begun to send what this table does not have: {', '.join(adopted.unknown)}. "
            "Compose it again only if it is not out."
        )
    if old:
        call.output.note(
            f"There is what was {' or '.join(old)} when the copy was taken. Somebody may have "
            "retried it in the original since: look at the account before you retry it here."
        )
        call.output.hint(f"See it: {call.typed('messages stuck')}")
    if doubts:
        _decide(call, doubts)
    else:
        call.output.note("Nothing is in doubt.")


def _decide(call: Call, doubts: "list[Delivery]") -> None:
    call.output.note(f"In doubt: {len(doubts)}. Look at the accounts, and decide about each.")
    example = f"{doubts[0].parent.id} --channel {doubts[0].channel}"
    for words, typed in (
        ("It is out", f"messages mark-published {example} --network-id ID"),
        ("It is not out", f"messages retry {example}"),
        ("It does not matter any more", f"messages dismiss {example} --reason TEXT"),
    ):
        call.output.hint(f"{words}: {call.typed(typed)}")
