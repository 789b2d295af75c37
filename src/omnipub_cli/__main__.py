"""The entry: `omnipub` and `python -m omnipub_cli`. Every error of every command ends in `main`."""

import os
import sys
from collections.abc import Sequence

VERSION = (["--version"], ["-V"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in VERSION:
        return _version()
    if not sys.stdout.isatty():
        # rich draws help for eyes; a pipe gets it plain, in half the time. Typer decides while it is imported.
        os.environ.setdefault("TYPER_USE_RICH", "0")
    # Typer costs more than the answer above.
    from dataclasses import replace  # noqa: PLC0415

    from omnipub_cli.context import Call  # noqa: PLC0415
    from omnipub_cli.errors import judged  # noqa: PLC0415
    from omnipub_cli.tree import command  # noqa: PLC0415

    # An error of parsing must know how to speak before the options are read.
    call = Call(json="--json" in arguments[: arguments.index("--") if "--" in arguments else None])
    try:
        code = command().main(args=arguments, prog_name="omnipub", standalone_mode=False, obj=call)
        call.output.flush()
    except BaseException as error:  # noqa: BLE001  the one place where errors become words and codes
        failure = judged(error, command=call.command)
        return call.output.fail(replace(failure, hint=call.placed(failure.hint)))
    return code if isinstance(code, int) else 0


def _version() -> int:
    from omnipub import __version__  # noqa: PLC0415  beside the output it belongs to
    from omnipub_cli.output import Output  # noqa: PLC0415

    output = Output()
    output.line(f"omnipub {__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
