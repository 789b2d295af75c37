"""`omnipub notify list`: who is told, and whether they take their notices."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.commands.notify import _targets
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Column, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.notify_documents import NoticeTargetListJson, ReportedTargetJson

app = typer.Typer(add_completion=False)

TARGETS = (
    Column("TARGET"),
    Column("STATE"),
    Column("TOLD", rank=1),
    Column("LEADS TO", flexible=True),
    Column("WHY", flexible=True, rank=2),
)


@app.command("list", cls=Command, epilog=examples("omnipub notify list", "omnipub notify list --stage prod"))
def list_(context: typer.Context) -> None:
    """List who is told, and whether they take their notices."""
    from datetime import datetime

    from omnipub.services.notify.told import reports

    call = call_of(context)
    if call.on_aws:
        found = _subscribers(call)
    else:
        with call.system() as system:
            found = [_targets.shape(one) for one in reports(system.notice_targets.all(), system.notices.all())]
    rows = [
        (
            one["target"],
            StatusCell(one["state"]),
            datetime.fromisoformat(one["told_at"]) if one["told_at"] else None,
            one["leads_to"],
            one["why"] or "",
        )
        for one in found
    ]
    document: NoticeTargetListJson = {"targets": found}
    call.output.data(
        *([TableView(columns=TARGETS, rows=rows)] if rows else []),
        json=document,
        ids=[one["target"] for one in found],
    )
    if not found:
        call.output.note("Nobody is told when something needs a person.")
        if not call.on_aws:
            call.output.hint("Say who is: omnipub notify set --help")


def _subscribers(call: Call) -> "list[ReportedTargetJson]":
    """Who has subscribed to the topic of a stage on AWS."""
    from omnipub.domain.mail_address import masked
    from omnipub_cli.deployment.subscribers import PENDING, subscriptions

    return [
        {
            "target": one["Protocol"],
            "leads_to": masked(one["Endpoint"]) if one["Protocol"].startswith("email") else one["Protocol"],
            "state": "unconfirmed" if one["SubscriptionArn"] == PENDING else "ok",
            "why": "The link in the mail from AWS takes a click." if one["SubscriptionArn"] == PENDING else None,
            "set_at": None,
            "told_at": None,
        }
        for one in subscriptions(call.staged)
    ]
