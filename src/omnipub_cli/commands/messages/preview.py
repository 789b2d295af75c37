"""`omnipub messages preview`: what each channel would be sent, as its readers will see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from omnipub_cli.commands.messages import _compose_options
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output import escape
from omnipub_cli.output.views import LineView, StoryView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnipub.services.messages.preview import Facet, Previewed

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages preview "Our new office is open" --to facebook,bluesky --link https://example.com/office',
        'omnipub messages preview "Hello" --to webhook --json',
        "omnipub messages preview 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
    ),
)
@spread
def preview(context: typer.Context, options: _compose_options.ComposeOptions) -> None:
    """Show what each channel would be sent, with its counts against the limits; nothing is stored or sent."""
    from omnipub.services.messages.preview_json import in_json

    call = call_of(context)
    with call.system() as system:
        id_, found = _compose_options.previewed(call, system, options)
    call.output.data(
        StoryView(lines=list(_lines(found))),
        json={"id": id_ or None} | in_json(found),
        ids=[one.channel for one in found.facets if not one.objections],
    )
    if not found.ok:
        call.output.warn("It cannot be published as it is.")
        _compose_options.explain(call, found)
        raise typer.Exit(ExitCode.FAILURE)


def _lines(found: Previewed) -> Iterator[LineView]:
    for field, sentence in found.problems:
        yield LineView((f"not accepted: {field}: {sentence}",))
    for number, facet in enumerate(found.facets):
        if number or found.problems:
            yield LineView()
        yield from _facet(facet)


def _facet(facet: Facet) -> Iterator[LineView]:
    where = f"{facet.title}, {facet.account}" if facet.account else facet.title
    yield LineView((facet.channel, f"({where})"), heading=True)
    for line in escape.lines(facet.text) if facet.text else ():
        yield LineView((f"| {line}",), indent=2)
    yield LineView(("text:", ", ".join(f"{one.found:,}/{one.most:,} {one.unit}" for one in facet.counts)), indent=2)
    if facet.content.link:
        shown = "in the text" if facet.content.link in facet.text else "beside the text"
        yield LineView(("link:", facet.content.link, f"({shown})"), indent=2)
    for number, one in enumerate(facet.content.media, 1):
        yield LineView(
            (f"image {number}:", one.content_type, f"{one.size:,} bytes,", one.alt or "no alt text"), indent=2
        )
    if facet.fixed:
        yield LineView(("frozen by a try: these very bytes were sent, or will be.",), indent=2)
    for objection in facet.objections:
        yield LineView((f"not accepted: {objection.sentence}",), indent=2)
