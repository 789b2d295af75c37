"""Tokens are never arguments: other users of a machine, and its history, see what is typed."""

import re
from typing import TYPE_CHECKING

from typer.exceptions import TyperException

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.options import Command

if TYPE_CHECKING:
    from typer._click import Context

_FORMS = (
    r"EAA[A-Za-z0-9]{20,}",  # Facebook
    r"AQ[A-Za-z0-9_-]{40,}",  # LinkedIn
    r"(bot)?[0-9]{5,12}:[A-Za-z0-9_-]{30,}",  # Telegram
    r"whsec_\S+",  # webhooks
    r"[a-z0-9]{4}(-[a-z0-9]{4}){3}",  # Bluesky's app passwords
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+",  # JSON web tokens
    r"[A-Za-z0-9+_=-]{60,}",  # whatever else nobody types by hand; no slashes, as paths may be long
)
_TOKEN = re.compile("|".join(f"(?:{form})" for form in _FORMS))
_OPTIONS = re.compile(r"--(app-)?(token|secret|password|key)(=.*)?", re.DOTALL)


def looks_like_token(text: str) -> bool:
    """Whether an argument, or the value in `--option=value`, has the form of a token of some network."""
    value = text.partition("=")[2] if text.startswith("--") else text
    return _TOKEN.fullmatch(value.strip()) is not None


class Guarded(Command):
    """A command that refuses tokens among its arguments, before anybody repeats them."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Parse; what might be a token is refused and never quoted.

        Raises:
            InvalidInputError: There is one.
        """
        if any(looks_like_token(one) or _OPTIONS.fullmatch(one) for one in args):
            raise _refusal("A token is never an argument: other users of this machine can see it.")
        known = len(args)
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if "extra argument" in str(getattr(error, "message", "")):
                raise _refusal(f"One of the {known} arguments is too many; it is not repeated here.") from None
            raise


def _refusal(sentence: str) -> InvalidInputError:
    return InvalidInputError(
        sentence,
        hint="Leave it out: a hidden prompt asks for it, or --token-stdin reads it, e.g. … --token-stdin < FILE. "
        "If it was a real token, get a new one.",
    )
