"""What the verbs of notify share: secrets from a prompt, targets as JSON, a refusal for AWS."""

import getpass
import sys
from typing import TYPE_CHECKING

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.context import Call
from omnipub_cli.framework.token_guard import TokenGuardedCommand

if TYPE_CHECKING:
    from omnipub.services.notify.told import TargetReport
    from omnipub_cli.output.json_documents.notify_documents import ReportedTargetJson


class SecretGuardedCommand(TokenGuardedCommand):
    """A command that refuses secrets among its arguments."""

    from_stdin = "--secret-stdin"


def secret(what: str, *, from_stdin: bool) -> str:
    """A secret from a hidden prompt or standard input: never an argument, which other users can see.

    Raises:
        InvalidInputError: There is none, or nobody to ask.
    """
    from omnipub_cli.output.standard_streams import read_text

    if from_stdin:
        found = read_text("secret").strip()
    elif sys.stdin.isatty():
        found = getpass.getpass(f"{what}: ").strip()
    else:
        raise InvalidInputError(
            f"There is no terminal to ask for this: {what}.", hint="Pipe it in: … --secret-stdin < FILE"
        )
    if not found:
        raise InvalidInputError(f"Nothing was given for this: {what}.", hint="Type or pipe it.")
    return found


def shape(one: "TargetReport") -> "ReportedTargetJson":
    """A target as JSON; nothing in it is secret."""
    from omnipub.domain.timestamps import to_text

    return {
        "target": one.target.name,
        "leads_to": one.target.shown,
        "state": one.state.value,
        "why": one.why or None,
        "set_at": to_text(one.target.set_at),
        "told_at": to_text(one.told_at) if one.told_at else None,
    }


def refuse_stage(call: Call) -> None:
    """Refuse a stage on AWS: it tells by its topic.

    Raises:
        InvalidInputError: The call is for one.
    """
    if call.on_aws:
        raise InvalidInputError(
            f"Stage {call.stage} tells by its topic, whose subscribers AWS keeps.",
            hint=f'Write alarm_email = "you@example.com" into deploy/{call.stage}.toml, and bring it there: '
            "omnipub deploy Data --infra serverless",
        )
