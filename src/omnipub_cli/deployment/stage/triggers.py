"""What moves a stage and can be switched off by hand: triggers, the schedule of ticks, the key of tokens.

CloudFormation does not notice that, and a deployment does not turn it on again. Each finding names the command of AWS
that does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnipub.errors import ConfigurationError, OmnipubError
from omnipub.services.health.finding import Finding, Health, fine
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.stacks import name_of

if TYPE_CHECKING:
    from omnipub_cli.deployment.stage.stage import Stage

_SCHEDULE = "AWS::Scheduler::Schedule"
_DRIFT = "status --detect-drift"
_SAYS = "logs tail {function} --since 15m"
_ABSENT = {"NotFoundException", "ResourceNotFoundException"}
_OFF = {"Disabled", "Disabling"}
_PROBLEM = "PROBLEM"
"""How Lambda's word about a trigger's last batch begins if it came to nothing."""

_START_TRIGGER = "aws lambda update-event-source-mapping --uuid {uuid} --enabled --region {region}"
_START_TICKS = (
    "aws scheduler get-schedule --name {name} --region {region} --output json --query "
    '"{{Name: Name, Description: Description, ScheduleExpression: ScheduleExpression, '
    "FlexibleTimeWindow: FlexibleTimeWindow, Target: Target, State: 'ENABLED'}}\" > tick.json && "
    "aws scheduler update-schedule --region {region} --cli-input-json file://tick.json"
)
"""EventBridge Scheduler only takes a schedule whole."""

_ENABLE_KEY = "aws kms enable-key --key-id {key} --region {region}"
_KEEP_KEY = "aws kms cancel-key-deletion --key-id {key} --region {region} && " + _ENABLE_KEY


@dataclass(frozen=True, kw_only=True)
class TriggerPart:
    """A thing that is looked at; `right` is the IAM action that takes, `needs` are the stacks that name it."""

    name: str
    what: str
    right: str
    needs: tuple[str, ...]
    look: Callable[["Stage"], Finding]


def machinery(stage: "Stage") -> Iterator[Finding]:
    """How each part stands; one that cannot be looked at is worth a look itself."""
    for part in PARTS:
        lacks = [stage.lacking[short] for short in part.needs if short in stage.lacking]
        if lacks:
            yield unseen(part.name, part.what, lacks)
            continue
        try:
            with translated_errors(part.what):
                yield part.look(stage)
        except OmnipubError as error:
            if _code(error) in _ABSENT:
                yield _bad(part.name, f"{part.what} is gone, and with it what it did.", next_=_DRIFT)
            else:
                what = f"Not looked at: {part.what}, which takes {part.right}. {error.message}"
                yield Finding(name=part.name, health=Health.WARN, what=what)


def _trigger(stage: "Stage") -> Finding:
    """Whether what is on the stream reaches the worker."""
    return _judged(
        stage,
        stage.facts.worker,
        f":stream/{stage.settings.stream}",
        ("trigger", "worker", "The worker's trigger"),
        missing="Nothing leads from the stream to the worker, so nothing is sent.",
        off="so nothing is sent",
        on="What is on the stream is handed to the worker.",
    )


def _delay(stage: "Stage") -> Finding:
    """Whether what the delay queue wakes is put on the stream."""
    return _judged(
        stage,
        stage.facts.delay,
        f":{stage.settings.queue.rpartition('/')[2]}",
        ("delay", "delay", "The delay queue's trigger"),
        missing="Nothing leads from the delay queue to its consumer, so what is scheduled is late.",
        off="so what is scheduled is late",
        on="What the delay queue wakes is put on the stream.",
    )


def _judged(
    stage: "Stage", function: str, source: str, part: tuple[str, str, str], *, missing: str, off: str, on: str
) -> Finding:
    """How the triggers stand that lead from `source` to a function; `part` is the finding, the log and the words."""
    name, log, what = part
    answer = stage.clients.of("lambda").list_event_source_mappings(FunctionName=function)
    found = [one for one in answer["EventSourceMappings"] if one.get("EventSourceArn", "").endswith(source)]
    if not found:
        return _bad(name, missing, next_=_DRIFT)
    for one in found:
        state, last = str(one.get("State", "")), str(one.get("LastProcessingResult", ""))
        if state in _OFF:
            command = _START_TRIGGER.format(uuid=one["UUID"], region=stage.region)
            return _bad(name, f"{what} is disabled, {off}.", elsewhere=command)
        if last.startswith(_PROBLEM):
            sentence = f"{what} says of its last batch: {last}"
            return Finding(name=name, health=Health.WARN, what=sentence, next=_SAYS.format(function=log))
    return fine(name, on)


def _ticks(stage: "Stage") -> Finding:
    """Whether the scheduler is called each minute."""
    resources = stage.account.stacks(stage.region).resources(name_of("Scheduler", stage.name))
    name = next((one.physical for one in resources if one.kind == _SCHEDULE), "")
    if not name:
        return _bad("ticks", "Nothing calls the scheduler, so what is scheduled does not leave.", next_=_DRIFT)
    state = stage.clients.of("scheduler").get_schedule(Name=name)["State"]
    if state == "ENABLED":
        return fine("ticks", "The scheduler is called each minute.")
    command = _START_TICKS.format(name=name, region=stage.region)
    return _bad("ticks", f"The schedule {name} is disabled: what is scheduled does not leave.", elsewhere=command)


def _key(stage: "Stage") -> Finding:
    """Whether tokens can be opened."""
    key = stage.settings.key
    state = stage.clients.of("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state == "Enabled":
        return fine("key", "The key that seals tokens is enabled.")
    command = {"Disabled": _ENABLE_KEY, "PendingDeletion": _KEEP_KEY}.get(state, "")
    condition = "waits to be deleted" if state == "PendingDeletion" else f"is {state.lower()}"
    what = f"The key that seals tokens {condition}: no account can be used, and nothing is sent."
    return _bad("key", what, elsewhere=command.format(key=key, region=stage.region))


_NAMES = ("Data", "Scheduler")
"""The stacks from which the settings follow."""

PARTS: Sequence[TriggerPart] = (
    TriggerPart(
        name="trigger",
        what="The worker's trigger",
        right="lambda:ListEventSourceMappings",
        needs=(*_NAMES, "Worker"),
        look=_trigger,
    ),
    TriggerPart(
        name="delay",
        what="The delay queue's trigger",
        right="lambda:ListEventSourceMappings",
        needs=(*_NAMES, "Worker"),
        look=_delay,
    ),
    TriggerPart(
        name="ticks", what="The schedule of ticks", right="scheduler:GetSchedule", needs=("Scheduler",), look=_ticks
    ),
    TriggerPart(name="key", what="The key that seals tokens", right="kms:DescribeKey", needs=_NAMES, look=_key),
)


def unseen(name: str, what: str, lacks: Sequence[str]) -> Finding:
    """That something cannot be looked at, as stacks lack what names it."""
    return Finding(name=name, health=Health.WARN, what=f"Not looked at: {what}, as {' and '.join(lacks)}.")


def _bad(name: str, what: str, *, next_: str = "", elsewhere: str = "") -> Finding:
    return Finding(name=name, health=Health.BAD, what=what, next=next_, elsewhere=elsewhere)


def _code(error: OmnipubError) -> str:
    """By which code AWS named what went wrong; "" if it said none."""
    cause = error.__cause__ if isinstance(error, ConfigurationError) else None
    return str(getattr(cause, "response", {}).get("Error", {}).get("Code", ""))
