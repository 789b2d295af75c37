"""`omnipub notify test`: see whether notices arrive."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Column, LineView, StatusCell, StoryView, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.notify_documents import NoticeTestJson, NoticeTestListJson

app = typer.Typer(add_completion=False)

RESULTS = (Column("TARGET"), Column("STATE"), Column("ANSWER", flexible=True))


@app.command(
    "test",
    cls=Command,
    epilog=examples("omnipub notify test", "omnipub notify test slack", "omnipub notify test --stage prod"),
)
def try_(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="This one alone, as printed by list.")] = "",
) -> None:
    """Send a notice of nothing, to see whether it arrives."""
    from omnipub.errors import NotFoundError, OmnipubError
    from omnipub.hints import Action, Hint
    from omnipub.ports.notifier import NoticeRefusedError
    from omnipub_cli.framework.exit_codes import ExitCode

    call = call_of(context)
    results: list[NoticeTestJson] = []
    with call.system() as system:
        names = tuple(system.notices.notifier.targets())
        chosen = tuple(one for one in names if target in {"", one})
        if not chosen:
            sentence = f"Notices have no target '{target}'." if names else "Nobody is told: notices have no target."
            action = Action.LIST_TARGETS if names else Action.SET_TARGET
            raise NotFoundError(sentence, hint=Hint(action=action, scope="" if names else "mail"))
        for name in chosen:
            try:
                results.append({"target": name, "ok": True, "answer": system.notices.test(name), "why": None})
            except OmnipubError as error:
                answer = error.answer if isinstance(error, NoticeRefusedError) else ""
                why = f"{error.message} {call.worded(*error.hints)}".strip()
                results.append({"target": name, "ok": False, "answer": answer or None, "why": why})
    document: NoticeTestListJson = {"targets": results}
    rows = [(one["target"], StatusCell("ok" if one["ok"] else "failed"), _answered(one)) for one in results]
    # On a terminal a sentence wraps: cut off, it would not say what to do.
    lines = [LineView((state, f"{name}:", words), indent=8 - len(state.value)) for name, state, words in rows]
    call.output.data(
        StoryView(lines=lines) if call.output.look.terminal else TableView(columns=RESULTS, rows=rows),
        json=document,
        ids=[one["target"] for one in results if one["ok"]],
    )
    if not all(one["ok"] for one in results):
        raise typer.Exit(ExitCode.FAILURE)
    call.output.note("Taken. Look whether it is there: mail may lie among what is taken for spam.")


def _answered(one: "NoticeTestJson") -> str:
    """What a target answered, or why there is no answer."""
    if one["ok"]:
        return one["answer"] or ""
    return f"{one['why']} Its answer: {one['answer']}" if one["answer"] else one["why"] or ""
