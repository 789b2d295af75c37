"""What the commands about AWS begin with: the stage that is meant, its place, and the account it is in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub.errors import InvalidInputError, NotFoundError, UnavailableError
from omnipub_cli.deployment import target as targets
from omnipub_cli.deployment.stacks import name_of, placed, region_of
from omnipub_cli.framework.signals import termination

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.infrastructure import Infrastructure
    from omnipub_cli.deployment.ports import Stack
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call

Infra = Annotated[
    str,
    typer.Option(
        "--infra", metavar="TYPE", help="serverless or containers; else INFRA_TYPE, else the stage's file says it."
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="NAME=VALUE", help="Another value of the stage, e.g. domain=… Repeat it."),
]
Region = Annotated[
    str, typer.Option("--region", metavar="REGION", help="Where the stage lives, if not where its values say.")
]


def stage_named(context: typer.Context, *, where: Collection[str] = ("COMMANDLINE", "ENVIRONMENT")) -> str:
    """The stage that --stage or its variable names; "" if neither does.

    `where` is what counts: what is irreversible wants it typed.
    """
    from omnipub_cli.framework.context import call_of

    at: Any = context
    while at is not None:
        source = at.get_parameter_source("asked_stage")
        if source is not None and source.name in where:
            return call_of(context).stage
        at = at.parent
    return ""


def place(context: typer.Context, *, region: str, values: Sequence[str] = ()) -> tuple[Checkout, Target]:
    """The checkout, and the stage that is meant (default: dev).

    Raises:
        InvalidInputError: It is no stage of AWS.
    """
    from omnipub_cli.deployment.checkout import found
    from omnipub_cli.framework.context import LOCAL

    stage = stage_named(context) or targets.DEFAULT
    if stage == LOCAL:
        raise InvalidInputError(
            "The stage 'local' is this machine; it is not deployed.",
            hint="Start it: `omnipub up`; or name another stage.",
        )
    checkout = found()
    typed = dict(_value(one) for one in values)
    return checkout, targets.target(checkout, stage, region=region, environment=os.environ, typed=typed)


def _value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInputError(f"-c {text} gives no value.", hint="Write it like -c alarm_email=you@example.com.")
    return name, value


def named_infrastructure(infra: str, environment: Mapping[str, str], target: Target) -> Infrastructure | None:
    """The infrastructure that is said, None if nothing says one.

    Raises:
        InvalidInputError: What is said is none.
        NotBuiltError: It is not built yet.
    """
    from omnipub_cli.deployment.infrastructure import named

    return named(infra, environment, in_file=target.infra, file=target.file)


def check_infrastructure(call: Call, account: AwsAccount, target: Target) -> None:
    """The infrastructure if nothing names it: an existing stage has its own, for a new one a person is asked.

    Raises:
        InvalidInputError: The stage is new, and nobody can be asked.
        NotBuiltError: What was answered is not built yet.
    """
    from omnipub_cli.deployment.infrastructure import Infrastructure, built, unsaid
    from omnipub_cli.framework.prompts import can_ask, choose

    if any(_standing(account, target)):
        return
    if not can_ask():
        raise unsaid(target.file)
    question = f"Stage {target.stage} is new. Which infrastructure does it run on?"
    built(Infrastructure(choose(call, question, option="--infra", choices=list(Infrastructure))))


def _standing(account: AwsAccount, target: Target) -> Iterator[str]:
    """The stacks of the stage that are there."""
    for short in placed(target.region):
        stack = account.stacks(region_of(short, target.region)).find(name_of(short, target.stage))
        if stack is not None and stack.status not in {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}:
            yield short


@contextmanager
def opened(call: Call) -> Iterator[AwsAccount]:
    """The account that the call's profile, or else this terminal's environment, signs in to."""
    from omnipub_cli.deployment import account

    made = account.connect(call.profile)
    try:
        with termination():
            yield made
    finally:
        made.close()


def present(account: AwsAccount, target: Target) -> Mapping[str, Stack]:
    """The stacks of the stage that are there, by short name.

    Raises:
        NotFoundError: There is none at all.
    """
    found: dict[str, Stack] = {}
    for short in placed(target.region):
        try:
            stack = account.stacks(region_of(short, target.region)).find(name_of(short, target.stage))
        except UnavailableError as error:
            from omnipub_cli.deployment.regions import clearer

            raise clearer(error, region_of(short, target.region)) from error
        if stack is not None and stack.status not in {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}:
            found[short] = stack
    if not found:
        raise NotFoundError(
            f"Nothing of stage {target.stage} is in {target.region}, account {account.caller().account}.",
            hint=f"Deploy it: `omnipub deploy --infra serverless --stage {target.stage}`; or name its --region.",
        )
    return found


def output_of(account: AwsAccount, target: Target, short: str, name: str) -> str:
    """What a stack says of itself under that name.

    Raises:
        NotFoundError: The stack is not there, or does not say it.
    """
    stack = account.stacks(region_of(short, target.region)).find(name_of(short, target.stage))
    if stack is None or name not in stack.outputs:
        raise NotFoundError(
            f"{name_of(short, target.stage)} in {target.region} is not there or has no {name}.",
            hint=f"Deploy it: omnipub deploy {short} --infra serverless --stage {target.stage}",
        )
    return stack.outputs[name]


def forget(account: AwsAccount, target: Target) -> None:
    """Drop what commands on the stage remember of it: its stacks are about to say something else, or just did."""
    from omnipub_cli.deployment.stage.output_cache import OutputCache

    OutputCache(account=account.caller().account, region=target.region, stage=target.stage).drop()


def interrupted(call: Call, going: Sequence[str], *, stage: str) -> None:
    """Say what goes on without this command, also to who wants nothing else said."""
    sentence = "Nothing is under way on AWS; what was done stays done."
    then = "Type the same command again: it goes on from there."
    if going:
        sentence = f"CloudFormation goes on with {', '.join(going)} without this command; nothing else was begun."
        then = f"See how it ends: `omnipub status --stage {stage}`; the same command, typed again, goes on from there."
    if not call.output.talks:
        call.output.announce(f"{sentence} {then}", json={"interrupted": {"going": list(going), "next": then}})
        return
    call.output.note()
    call.output.note(sentence)
    call.output.hint(then)
