"""Errors as a person at a terminal meets them: one table from type to exit code and first word."""

import errno
import os
import re
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

from omnipub.errors import (
    ConfigurationError,
    ConflictError,
    ForbiddenAddressError,
    InvalidInputError,
    KeyReusedError,
    NotFoundError,
    OmnipubError,
    SealBrokenError,
    UnavailableError,
)
from omnipub.hints import Hint
from omnipub_cli.deployment.errors import DEBUG, NotBuiltError
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.hint_commands import typed, worded
from omnipub_cli.framework.value_checks import NUMBERS, range_of
from omnipub_cli.output.errors import Failure, OutputClosedError, OutputLostError

TABLE: tuple[tuple[type[BaseException], ExitCode, str], ...] = (
    (InvalidInputError, ExitCode.USAGE, "not accepted"),
    (ForbiddenAddressError, ExitCode.USAGE, "not accepted"),
    (TyperException, ExitCode.USAGE, "usage"),
    (NotFoundError, ExitCode.NOT_FOUND, "not found"),
    (KeyReusedError, ExitCode.CONFLICT, "conflict"),
    (ConflictError, ExitCode.CONFLICT, "conflict"),
    (UnavailableError, ExitCode.UNAVAILABLE, "unavailable"),
    (ConfigurationError, ExitCode.CONFIGURATION, "configuration"),
    (SealBrokenError, ExitCode.CONFIGURATION, "configuration"),
    (NotBuiltError, ExitCode.NOT_BUILT, "not built"),
    (OmnipubError, ExitCode.FAILURE, "error"),
    (KeyboardInterrupt, ExitCode.INTERRUPTED, "interrupted"),
    (typer.Abort, ExitCode.INTERRUPTED, "interrupted"),
    (OSError, ExitCode.UNAVAILABLE, "unavailable"),
    (Exception, ExitCode.FAILURE, "error"),
)
"""The first row that fits counts."""


_NO_PATH = frozenset({errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR})
"""What the system says of a path that can never be the file that is meant."""


def judged(
    error: BaseException,
    *,
    command: str = "omnipub",
    line_of: Callable[[Hint], str] = typed,
    placed: Callable[[str], str] = str,
) -> Failure:
    """What is said about an error, and the exit code.

    Args:
        error: The error.
        command: The command that it ended.
        line_of: The whole command line of a hint.
        placed: Adds the data directory or stage to the commands in a plain sentence.
    """
    if isinstance(error, OutputClosedError | BrokenPipeError):
        return Failure(code=ExitCode.PIPE_CLOSED)
    if isinstance(error, SystemExit):
        return Failure(code=error.code if isinstance(error.code, int) else ExitCode.FAILURE)
    code, prefix = next((code, prefix) for kind, code, prefix in TABLE if isinstance(error, kind))
    if isinstance(error, OSError) and error.errno in _NO_PATH:
        code, prefix = ExitCode.USAGE, "not accepted"
    message, plain, problems = _words(error)
    hints = error.hints if isinstance(error, OmnipubError) else (plain,)
    hint = worded(hints, line_of, placed) if any(hints) else ""
    if code is ExitCode.USAGE and not hint:
        hint = f"See `{command} --help`."
    return Failure(
        code=code,
        prefix=prefix,
        kind=_kind(error),
        message=message,
        hint=hint,
        problems=problems,
        trace="".join(traceback.format_exception(error)) if os.environ.get(DEBUG) else "",
    )


def _words(error: BaseException) -> tuple[str, str, Sequence[tuple[str, str]]]:
    if isinstance(error, OmnipubError):
        problems = getattr(error, "problems", ())
        # A single problem that only repeats the sentence says nothing new.
        return error.message, error.hint, [one for one in problems if one[1] != error.message]
    if isinstance(error, TyperException):
        return *_usage(error), ()
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "Stopped before it was done.", "", ()
    if isinstance(error, OutputLostError):
        return f"The output cannot be written: {error}.", "What was done is done; see it before you repeat this.", ()
    if isinstance(error, OSError):
        where = f" ({_short(str(error.filename))})" if error.filename else ""
        if error.errno in _NO_PATH:
            return f"{error.strerror}{where}.", "Check the path.", ()
        return f"{error.strerror or error}{where}.", f"Set {DEBUG}=1 to see where it came from.", ()
    first = (str(error).splitlines() or [""])[0]
    return (
        f"omnipub made a mistake: {type(error).__name__}{': ' if first else ''}{first}",
        f"Run it again with {DEBUG}=1 to see where, and report that.",
        (),
    )


def _usage(error: TyperException) -> tuple[str, str]:
    """Typer's sentence without its suggestion, and the suggestion with the command that helps."""
    message = " ".join(getattr(error, "format_message", error.__str__)().split())  # choices come as lines of their own
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "omnipub"
    likely = list(
        getattr(error, "possibilities", None) or re.findall(r"'([^']+)'", message.partition("Did you mean")[2])
    )
    sentence = re.split(r" \(Possible options:| Did you mean", message)[0].strip()
    if not sentence.endswith((".", "?", "!")):
        sentence += "."
    meant = f"Did you mean {' or '.join(likely)}? " if likely else ""
    option = getattr(error, "option_name", "")
    if option and _takes_text(context) and (not likely or " " in option):
        return _short(sentence), f"Type a text that begins with - behind --, as in: {path} … -- '-20 % today'"
    parameter = getattr(error, "param", None)
    allowed = range_of(parameter) if parameter is not None else ""
    sentence = re.sub(r"a valid (\w+)( range)?\.$", lambda found: f"{NUMBERS.get(found[1], found[1])}.", sentence)
    return _short(sentence), f"{meant}{allowed}{' ' if allowed else ''}See `{path} --help`."


def _takes_text(context: Any) -> bool:
    """Whether the command takes a text that belongs to no option."""
    parameters = context.command.params if context is not None else ()
    return any(one.param_type_name == "argument" and "TEXT" in (one.metavar or "") for one in parameters)


def _short(sentence: str) -> str:
    """A sentence that does not quote more than somebody reads."""
    return re.sub(r"[^\s']{80,}", lambda found: f"{found[0][:40]}…", sentence)


def _kind(error: BaseException) -> str:
    if isinstance(error, TyperException):
        return "usage"
    if isinstance(error, OmnipubError):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).lower() or "error"
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted"
    if isinstance(error, OutputLostError):
        return "output_lost"
    if isinstance(error, OSError):
        return "invalid_input" if error.errno in _NO_PATH else "unavailable"
    return "unexpected"
