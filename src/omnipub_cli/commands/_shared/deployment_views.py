"""What the commands about AWS show: their tables, and the same as JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnipub.domain.timestamps import to_text
from omnipub_cli.deployment.stacks import id_of
from omnipub_cli.output.views import Cell, Column, LineView, StatusCell, StoryView, TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from omnipub_cli.deployment.deploy import Plan
    from omnipub_cli.deployment.events import StackProgress
    from omnipub_cli.deployment.history import DeploymentRecord
    from omnipub_cli.deployment.outputs import Outputs
    from omnipub_cli.deployment.prerequisites import Prerequisite
    from omnipub_cli.deployment.smoke import SmokeCheck
    from omnipub_cli.deployment.users import User
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.deployment_documents import (
        DeploymentRecordJson,
        ResourceChangeJson,
        StageCheckJson,
        UserJson,
    )

GOING = (Column("STACK"), Column("STATUS"), Column("RESOURCES", right=True), Column("LAST", flexible=True))
CHANGES = (Column("STACK"), Column("CHANGE"), Column("RESOURCE"), Column("TYPE"), Column("BECAUSE", flexible=True))
CHECKS = (Column("CHECK"), Column("VERDICT"), Column("WHAT"), Column("NEXT"))
OUTPUTS = (Column("STACK"), Column("OUTPUT"), Column("VALUE"))
UNTRIED = "untried"
"""The longest verdict of a check."""

PEOPLE = (Column("EMAIL"), Column("STATUS"), Column("ENABLED"), Column("CREATED"), Column("ID"))


def showing(call: Call) -> Callable[[], AbstractContextManager[Callable[[Sequence[StackProgress]], None]]]:
    """Draws how stacks change, as long as they do."""

    @contextmanager
    def opened() -> Iterator[Callable[[Sequence[StackProgress]], None]]:
        with call.output.progress() as progress:
            yield lambda stacks: progress.show(TableView(columns=GOING, rows=[_going(one) for one in stacks]))

    return opened


def _going(one: StackProgress) -> Sequence[Cell]:
    return (id_of(one.short), one.status, f"{one.done}/{one.total}", one.last)


def changes_table(plan: Plan) -> TableView:
    """What is changed in each stack."""
    rows: list[Sequence[Cell]] = [
        (id_of(short), StatusCell(one.fate.value), one.logical, one.kind, ", ".join(one.because))
        for short, changes in plan.items()
        for one in changes
    ]
    return TableView(columns=CHANGES, rows=rows)


def changes_json(plan: Plan) -> list[ResourceChangeJson]:
    """The same for programs."""
    return [
        {
            "stack": id_of(short),
            "change": one.fate.value,
            "resource": one.logical,
            "id": one.physical or None,
            "type": one.kind,
            "because": list(one.because),
            "loses": one.loses,
        }
        for short, changes in plan.items()
        for one in changes
    ]


def findings_story(found: Sequence[Prerequisite]) -> StoryView:
    """What must be there before a deployment; of what is missing, the error says more."""
    lines: list[LineView] = []
    for one in found:
        sentences = [] if one.standing == "missing" else [f"{one.what}"]
        word = f"{one.standing}," if sentences else f"{one.standing}"
        lines.append(LineView([f"{one.name}:", word, *sentences], indent=2))
        if one.standing == "doubtful" and one.next:
            lines.append(LineView((one.next,), indent=4, whole=True))
    return StoryView(lines=lines)


def checks_view(checks: Sequence[SmokeCheck], *, terminal: bool) -> StoryView | TableView:
    """What was tried of a deployed stage, for a terminal.

    Sentences may wrap; each command to type has a line of its own.
    """
    if not terminal:
        return TableView(
            columns=CHECKS, rows=[(one.name, StatusCell(one.verdict), one.what, one.next) for one in checks]
        )
    lines: list[LineView] = []
    for one in checks:
        lines.append(
            LineView((StatusCell(one.verdict), f"{one.name}:", one.what), indent=len(UNTRIED) - len(one.verdict))
        )
        if one.next:
            lines.append(LineView(("next:", one.next), indent=len(UNTRIED) + 3, whole=True))
    return StoryView(lines=lines)


def checks_json(checks: Sequence[SmokeCheck]) -> list[StageCheckJson]:
    """The same for programs."""
    return [{"name": one.name, "verdict": one.verdict, "what": one.what, "next": one.next or None} for one in checks]


def outputs_table(outputs: Outputs) -> TableView:
    """What the stacks say of themselves."""
    rows = [(id_of(short), name, value) for short, values in outputs.items() for name, value in sorted(values.items())]
    return TableView(columns=OUTPUTS, rows=rows)


def outputs_json(outputs: Outputs) -> dict[str, dict[str, str]]:
    """The same for programs: stack → name → value."""
    return {id_of(short): dict(values) for short, values in outputs.items() if values}


def record_json(record: DeploymentRecord | None) -> DeploymentRecordJson | None:
    """A deployment for programs."""
    if record is None:
        return None
    return {
        "id": record.id,
        "at": to_text(record.at),
        "by": record.by,
        "version": record.version,
        "before": record.before or None,
        "state": record.state.value,
        "stacks": [id_of(one) for one in record.stacks],
        "rollback_of": record.rollback_of or None,
    }


def people_table(people: Sequence[User]) -> TableView:
    """Users."""
    rows: list[Sequence[Cell]] = [
        (one.email, StatusCell(one.status.lower()), "yes" if one.enabled else "no", one.created_at, one.id)
        for one in people
    ]
    return TableView(columns=PEOPLE, rows=rows)


def person_json(one: User) -> UserJson:
    """A user for programs."""
    return {
        "id": one.id,
        "email": one.email,
        "status": one.status,
        "enabled": one.enabled,
        "created_at": to_text(one.created_at),
        "changed_at": to_text(one.changed_at),
    }


def named(outputs: Mapping[str, Mapping[str, str]], short: str, name: str) -> str:
    """An output, "" if it is not there."""
    return outputs.get(short, {}).get(name, "")
