"""The entry: `omnipub` and `python -m omnipub_cli`. Every error of every command ends in `main`."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from omnipub_cli.framework.exit_codes import ExitCode

if TYPE_CHECKING:
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.output import Output

VERSION = (["--version"], ["-V"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        return _run_command(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        with suppress(OSError):
            os.write(2, b"interrupted: Stopped before it was done.\n")
        return ExitCode.INTERRUPTED


def _run_command(arguments: list[str]) -> int:
    """Run it; an error is told."""
    from omnipub_cli.output.standard_streams import stand_in

    nobody_reads = stand_in()
    from omnipub_cli.framework.context import Call

    # An error of parsing must know how to speak before the options are read.
    call = Call(json="--json" in arguments[: arguments.index("--") if "--" in arguments else None])
    try:
        return _run(arguments, call, nobody_reads=nobody_reads)
    except BaseException as error:  # noqa: BLE001  the one place where errors become words and codes
        from omnipub_cli.framework.failures import judged

        return call.output.fail(judged(error, command=call.command, line_of=call.command_of, placed=call.placed))


def _run(arguments: list[str], call: "Call", *, nobody_reads: bool) -> int:
    from omnipub_cli.framework.signals import terminable
    from omnipub_cli.framework.value_checks import refuse_closed_output, refuse_half_characters

    refuse_half_characters(arguments)
    refuse_closed_output(closed=nobody_reads)
    if arguments in VERSION:
        return _version(call.output)
    if not sys.stdout.isatty():
        # rich draws help for eyes; a pipe gets it plain, in half the time. Typer decides while it is imported.
        os.environ.setdefault("TYPER_USE_RICH", "0")
    # Typer costs more than the answer above.
    from omnipub_cli.app import command

    with terminable(), typers_own_output(call):
        code = command().main(args=arguments, prog_name="omnipub", standalone_mode=False, obj=call)
        call.output.flush()
    if code == ExitCode.INTERRUPTED:  # Typer's for an interruption, of which it says nothing
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


@contextmanager
def typers_own_output(call: "Call") -> Iterator[None]:
    """Help is printed by Typer, before any command begins: an error of that is one of the output."""
    try:
        yield
    except (OSError, SystemExit) as error:
        from omnipub_cli.output.errors import OutputClosedError, OutputLostError
        from omnipub_cli.output.standard_streams import discard

        if call.begun:
            raise
        discard(sys.stdout)
        if isinstance(error, SystemExit):  # Typer's for a pipe that nobody reads
            raise OutputClosedError from error
        raise OutputLostError(error.strerror or str(error)) from error


def _version(output: "Output") -> int:
    from omnipub import __version__

    output.line(f"omnipub {__version__}")
    output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
