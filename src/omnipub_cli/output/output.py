"""The only file that prints. Data goes to standard output; notes, progress and errors go to standard error.

There are three modes. People get a drawing on a terminal, tab-separated lines in a pipe. JSON is one document with
nothing beside it, and quiet is ids only, one a line. Rich is imported only to draw on a terminal.
"""

import json as json_codec
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from omnipub_cli.output import escape
from omnipub_cli.output.errors import Failure, OutputClosedError, OutputLostError
from omnipub_cli.output.standard_streams import discard
from omnipub_cli.output.views import Look, StoryView, TableView, View, piped, text

if TYPE_CHECKING:
    from rich.live import Live


RED, YELLOW, CYAN, BOLD = "31", "33", "36", "1"
REFRESHES = 8
"""How often a second a drawn progress may change."""


class Output:
    """Where a command's words go."""

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        utc: bool = False,
        wide: bool = False,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.json = json
        self.quiet = quiet
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        for stream in (self._stdout, self._stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # what the terminal's encoding lacks is shown escaped
        self._drew = False
        self._said_lost: list[str] = []
        self.look = Look(terminal=_is_terminal(self._stdout), utc=utc, wide=wide)

    @property
    def talks(self) -> bool:
        """Whether notes are said beside the data."""
        return not (self.json or self.quiet)

    def data(self, *views: View, json: Any, ids: Sequence[str] = ()) -> None:
        """What was asked for: a JSON document, or ids, or views one below the other."""
        if self.json:
            self._out(f"{self._document(json)}\n")
        elif self.quiet:
            self._out("".join(f"{escape.one_line(one)}\n" for one in ids))
        elif self.look.terminal:
            from omnipub_cli.output.rich_renderer import drawn, left_out

            for view in views:
                self._out(("\n" if self._drew else "") + drawn(view, self.look))
                self._drew = True
            lost = list(dict.fromkeys(name for view in views for name in left_out(view, self.look)))
            if lost and lost != self._said_lost:
                self._said_lost = lost
                self.note(f"The terminal is too narrow for {', '.join(lost)}; --wide shows them.")
        else:
            # A blank line keeps a story apart from what stands above it.
            blank = "\n" if any(isinstance(view, StoryView) for view in views) else ""
            self._out(blank.join("".join(f"{line}\n" for line in piped(view, self.look)) for view in views))

    @contextmanager
    def portions(self, name: str, *, rest: Mapping[str, Any]) -> Iterator["Write"]:
        """Print a list of any length portion by portion, as `data` would print it whole.

        Args:
            name: The list's name in the JSON document.
            rest: The document's other fields, which stand behind the list.
        """
        count = 0

        def write(*views: View, json: Sequence[Any], ids: Sequence[str]) -> None:
            nonlocal count
            if not self.json:
                self.data(*views, json=None, ids=ids)
            for one in json if self.json else ():
                self._out(f"{',' if count else ''}\n{indent(self._document(one), '    ')}")
                count += 1
            self.flush()

        if self.json:
            self._out(f"{{\n  {json_codec.dumps(name)}: [")
        yield write
        if self.json:
            fields = "".join(f",\n  {json_codec.dumps(field)}: {self._line(value)}" for field, value in rest.items())
            end = "\n  ]" if count else "]"
            self._out(f"{end}{fields}\n}}\n")

    def document_line(self, json: Any) -> None:
        """A JSON document on one line, at once: for programs that wait for it."""
        self._out(f"{self._line(json)}\n")
        self.flush()

    def verbatim(self, words: str) -> None:
        """A piece of a file, in UTF-8 whatever the locale; on a terminal, what that would obey is shown escaped."""
        binary = getattr(self._stdout, "buffer", None)
        if self.look.terminal:
            self._out("\n".join(escape.lines(words)))
        elif binary is None:
            self._out(words)
        else:
            with self._open_pipe():
                self._stdout.flush()
                binary.write(words.encode())

    def line(self, words: str) -> None:
        """A line of data."""
        self._out(f"{escape.one_line(words)}\n")

    def note(self, words: str = "") -> None:
        """Something worth knowing beside the data."""
        if self.talks:
            self._err(f"{escape.one_line(words)}\n")

    def warn(self, words: str) -> None:
        """Something that will keep the command from having its effect."""
        if self.talks:
            self._err(f"{self._coloured('warning:', YELLOW)} {escape.one_line(words)}\n")

    def hint(self, words: str) -> None:
        """What to type next."""
        if self.talks:
            self._err(f"{self._coloured('hint:', CYAN)} {escape.one_line(words)}\n")

    def announce(self, words: str, *, json: Any) -> None:
        """What must be said whatever form was asked for: a sentence, or a document on a line of its own."""
        self._err(f"{self._line(json)}\n" if self.json else f"{escape.one_line(words)}\n")

    def beside(self, *views: View) -> None:
        """What a question or a refusal is about, on standard error: drawn on a terminal, else plain."""
        if self.talks and _is_terminal(self._stderr):
            from omnipub_cli.output.rich_renderer import drawn

            self._err("".join(drawn(view, replace(self.look, terminal=True)) for view in views))
        elif self.talks:
            for view in views:
                self._err("".join(f"{line}\n" for line in piped(view, Look(utc=self.look.utc))))

    def question(self, words: str) -> None:
        """What a person is asked before the command goes on; the answer is typed on the same line."""
        self._err(f"{escape.one_line(words)} ")

    def fail(self, failure: Failure) -> int:
        """Say what went wrong; the exit code."""
        with suppress(Exception):  # an output that is closed cannot be told so
            self.flush()
        if failure.trace:
            self._err(failure.trace)
        if failure.prefix and self.json:
            self._err(f"{self._line(_error(failure))}\n")
        elif failure.prefix:
            self._err(f"{self._coloured(f'{failure.prefix}:', RED)} {escape.one_line(failure.message)}\n")
            for field, sentence in failure.problems:
                self._err(f"  {self._coloured(escape.one_line(field), BOLD)}: {escape.one_line(sentence)}\n")
            if failure.hint:
                self._err(f"{self._coloured('hint:', CYAN)} {escape.one_line(failure.hint)}\n")
        return failure.code

    def flush(self) -> None:
        """Hand over what was written.

        Raises:
            OutputClosedError: Nobody reads it.
            OutputLostError: It cannot be written.
        """
        with self._open_pipe():
            self._stdout.flush()

    @contextmanager
    def progress(self) -> Iterator["Progress"]:
        """Show how something goes, on standard error: drawn in place on a terminal, else a line per change."""
        if self.talks and _is_terminal(self._stderr):
            from rich.live import Live

            from omnipub_cli.output.rich_renderer import console

            target = console(self._stderr)
            with Live(console=target, refresh_per_second=REFRESHES, transient=True) as live:
                yield Progress(self, live)
        else:
            yield Progress(self, None)

    def _document(self, value: Any) -> str:
        return escape.in_json(json_codec.dumps(value, indent=2, ensure_ascii=False))

    def _line(self, value: Any) -> str:
        return escape.in_json(json_codec.dumps(value, ensure_ascii=False))

    def _coloured(self, words: str, code: str) -> str:
        plainly = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not _is_terminal(self._stderr)
        return words if plainly else f"\033[{code}m{words}\033[0m"

    def _out(self, words: str) -> None:
        with self._open_pipe():
            self._stdout.write(words)

    def _err(self, words: str) -> None:
        with suppress(OSError):  # losing a note must not stop what it is about
            self._stderr.write(words)
            self._stderr.flush()

    @contextmanager
    def _open_pipe(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError as error:
            discard(self._stdout)
            raise OutputClosedError from error
        except OSError as error:
            discard(self._stdout)
            raise OutputLostError(error.strerror or str(error)) from error


class Write(Protocol):
    """Prints the next portion of a list."""

    def __call__(self, *views: View, json: Sequence[Any], ids: Sequence[str]) -> None:
        """Print it as views, as JSON values, or as ids."""
        ...


class Progress:
    """Rows that change while something goes on; each begins with what it is about."""

    def __init__(self, output: Output, live: "Live | None") -> None:
        self._output = output
        self._live = live
        self._seen: dict[int, list[str]] = {}
        self._began = time.monotonic()

    @property
    def drawn(self) -> bool:
        """Whether it changes in place; else every change is a line."""
        return self._live is not None

    def show(self, table: TableView) -> None:
        """The rows as they are now."""
        look = Look(terminal=True, utc=self._output.look.utc)
        if self._live is not None:
            from rich.console import Group

            from omnipub_cli.output.rich_renderer import lines

            self._live.update(Group(*lines(table, look, self._live.console.width)))
            return
        for number, row in enumerate(table.rows):
            words = [text(cell, look) for cell in row]
            if self._seen.get(number) != words:
                self._seen[number] = words
                self._output.note(f"{time.monotonic() - self._began:5.1f} s  {'  '.join(words)}")


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _error(failure: Failure) -> dict[str, Any]:
    problems = [{"field": field, "sentence": sentence} for field, sentence in failure.problems]
    document = {"type": failure.kind, "message": failure.message, "hint": failure.hint or None, "problems": problems}
    return {"error": document}
