"""Show how far something long is: in place on a terminal, else a line now and then."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnipub_cli.output.views import Column, TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omnipub_cli.output.output import Output

DRAWN_EVERY, WRITTEN_EVERY = 0.2, 5.0
"""Seconds between two changes, on a terminal and elsewhere; what is over sooner says nothing."""


@contextmanager
def counted(output: Output, what: str, *, of: int | None = None) -> Iterator[Callable[[int], None]]:
    """A function that is told how many are done, `of` as many if that is known."""
    with output.progress() as progress:
        every = DRAWN_EVERY if progress.drawn else WRITTEN_EVERY
        last = time.monotonic()

        def report(done: int) -> None:
            nonlocal last
            if time.monotonic() - last >= every:
                last = time.monotonic()
                far = f"{done:,} of {of:,} ({100 * done // of} %)" if of else f"{done:,}"
                progress.show(TableView(columns=(Column("WHAT"), Column("DONE")), rows=[(what, far)]))

        yield report
