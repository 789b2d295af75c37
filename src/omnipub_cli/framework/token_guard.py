"""Tokens are never arguments: other users of a machine, and its history, see what is typed."""

import re
from functools import cache
from typing import Any

from typer.exceptions import TyperException

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.options import Command

_ANY_NETWORK = (
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+",  # JSON web tokens
    # Whatever else nobody types by hand; no slashes, as paths may be long, and no number, however long.
    r"(?![-+]?\d+\Z)[A-Za-z0-9+_=-]{60,}",
)
_OPTIONS = re.compile(r"--(app-)?(token|secret|password|key)(=.*)?", re.DOTALL)


@cache
def _token() -> re.Pattern[str]:
    """A token of any known network."""
    from omnipub.channels.registry import CHANNELS

    patterns = [pattern for channel in CHANNELS.values() for pattern in channel.tokens.patterns]
    return re.compile("|".join(f"(?:{pattern})" for pattern in (*patterns, *_ANY_NETWORK)))


def looks_like_token(text: str) -> bool:
    """Whether an argument, or the value in `--option=value`, has the form of a token of some network."""
    value = text.partition("=")[2] if text.startswith("--") else text
    return _token().fullmatch(value.strip()) is not None


class TokenGuardedCommand(Command):
    """A command that refuses tokens among its arguments, before anybody repeats them.

    Attributes:
        from_stdin: The option with which they are read instead.
    """

    from_stdin = "--token-stdin"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; what might be a token is refused and never quoted.

        Raises:
            InvalidInputError: There is one.
        """
        if any(looks_like_token(one) or _OPTIONS.fullmatch(one) for one in args):
            raise self._refusal("A token is never an argument: other users of this machine can see it.")
        known = len(args)
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if "extra argument" in str(getattr(error, "message", "")):
                raise self._refusal(f"One of the {known} arguments is too many; it is not repeated here.") from None
            raise

    def _refusal(self, sentence: str) -> InvalidInputError:
        option = self.from_stdin
        return InvalidInputError(
            sentence,
            hint=f"Leave it out: a hidden prompt asks for it, or {option} reads it, e.g. … {option} < FILE. "
            "If it was a real token, get a new one.",
        )
