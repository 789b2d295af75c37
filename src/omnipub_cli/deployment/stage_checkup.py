"""What can be wrong with a stage on AWS: its stacks, its table, its stream and its alarms."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub import __version__
from omnipub.config import Mode
from omnipub.errors import OmnipubError
from omnipub.hints import Action, Hint
from omnipub.services.health.finding import Finding, Health, fine
from omnipub.services.scheduling.dispatch import ALARMING_SILENCE
from omnipub.storage.schema import fingerprint
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.quotas.quota_check import quotas
from omnipub_cli.deployment.stack_state import BROKEN, StackReadiness, ground
from omnipub_cli.deployment.stacks import name_of, placed, region_of
from omnipub_cli.deployment.stage.stack_outputs import IN_PART, SAID_BY
from omnipub_cli.deployment.stage.stage import Stage
from omnipub_cli.deployment.stage.triggers import machinery, unseen
from omnipub_cli.deployment.subscribers import subscribers

OPTIONAL = {
    "EdgeSecurity": "It is not there; only a stage with a firewall away from us-east-1 has it.",
    "Security": "It is not there; only a stage with a firewall in us-east-1, GuardDuty or Security Hub has it.",
}
"""Stacks that a stage may be without, and what is said then."""

SCHEDULER, SCHEDULER_SAYS = "scheduler", Hint(action=Action.SCHEDULER_LOG)
"""The finding that tells of its silence, and what to do then: here, what keeps it is in its log."""

MOST_ALARMS = 100
"""Alarms that are asked for: more than a stage has."""


@dataclass(frozen=True, kw_only=True)
class CheckupPart:
    """Things that are looked at together; `needs` are the stacks without which none of them can be."""

    name: str
    what: str
    look: Callable[[Stage], Iterator[Finding]]
    needs: tuple[str, ...] = ()


def look(stage: Stage) -> Iterator[Finding]:
    """Everything; what cannot be looked at is itself a finding."""
    yield fine("place", f"Stage {stage.name} in account {stage.account.caller().account}, {stage.region}.")
    yield versions(stage)
    for part in PARTS:
        lacks = [stage.lacking[short] for short in part.needs if short in stage.lacking]
        if lacks:
            yield unseen(part.name, part.what, lacks)
            continue
        try:
            yield from part.look(stage)
        except OmnipubError as error:
            what = f"This could not be looked at to the end: {error.message} {error.hint}"
            step = next((one for one in error.hints if isinstance(one, Hint)), "")
            yield Finding(name=part.name, health=Health.BAD, what=what.strip(), next=step)


def versions(stage: Stage) -> Finding:
    """Whether this omnipub may write what the deployed one reads."""
    if stage.lacking:
        what = f"{' and '.join(stage.lacking.values())}: {IN_PART}."
        return Finding(name="versions", health=Health.BAD, what=what, next=_deploy())
    deployed = stage.facts.version
    if stage.facts.schema != fingerprint():
        what = (
            f"This is omnipub {__version__}; {deployed} is deployed, with a table of another shape or meaning: "
            "writes are refused."
        )
        return Finding(name="versions", health=Health.BAD, what=what, next=_deploy())
    if deployed != __version__:
        what = f"This is omnipub {__version__}; {deployed} is deployed, with a table of the same shape and meaning."
        return Finding(name="versions", health=Health.WARN, what=what, next=_deploy())
    return fine("versions", f"omnipub {__version__}, here and there.")


def _stacks(stage: Stage) -> Iterator[Finding]:
    for short in placed(stage.region):
        name, region = name_of(short, stage.name), region_of(short, stage.region)
        stack = stage.account.stacks(region).find(name)
        match ground(stack):
            case StackReadiness.READY:
                yield fine(name, f"{stack.status if stack else ''}.", stack.changed_at if stack else None)
            case StackReadiness.BUSY:
                yield Finding(name=name, health=Health.WARN, what="It is being changed right now.", next="status")
            case StackReadiness.ABSENT if short in OPTIONAL and not (short == "Security" and _is_live(stage)):
                yield fine(name, OPTIONAL[short])
            case StackReadiness.ABSENT:
                health = Health.BAD if short in SAID_BY else Health.WARN
                yield Finding(name=name, health=health, what="It is not there.", next=_deploy(short))
            case StackReadiness.BROKEN:
                remedy = BROKEN[stack.status if stack else ""]
                command = remedy.command.format(short=short, name=name, stage=stage.name, region=region)
                yield Finding(name=name, health=Health.BAD, what=f"It {remedy.sentence}.", elsewhere=command)


def _alarms(stage: Stage) -> Iterator[Finding]:
    with translated_errors("CloudWatch"):
        answer = stage.clients.of("cloudwatch").describe_alarms(
            AlarmNamePrefix=name_of("Monitoring", stage.name), StateValue="ALARM", MaxRecords=MOST_ALARMS
        )
    ringing = answer.get("MetricAlarms", [])
    for one in ringing:
        what = f"{one['AlarmName']}: {one.get('AlarmDescription') or one.get('StateReason') or 'no reason is told'}"
        yield Finding(name="alarm", health=Health.BAD, what=what, at=one.get("StateUpdatedTimestamp"), next="logs tail")
    if not ringing:
        yield fine("alarms", "No alarm is ringing.")


def _system(stage: Stage) -> Iterator[Finding]:
    whole = not stage.lacking
    with stage.system(whole=whole) as system:
        for one in system.checkup.look(stage.caller, running=True, start=Hint(action=Action.DEPLOY)):
            silent = one.name == SCHEDULER and one.health is not Health.OK
            yield replace(one, next=SCHEDULER_SAYS) if silent else one
        replay = stage.replay(system, whole=whole)
        parked, lag = replay.parked.count(), replay.reader.lag().age if whole else None
        now = system.world.clock.now()
    if parked:
        what = f"Records that functions gave up on, and that are parked: {parked}."
        yield Finding(name="parked", health=Health.WARN, what=what, next="stream replay --parked --dry-run")
    else:
        yield fine("parked", "No record is parked.")
    if lag is None:  # it is the worker that tells it
        yield unseen("stream", "How far the worker is behind", list(stage.lacking.values()))
    else:
        yield _stream(lag, now)


def _stream(lag: timedelta, now: datetime) -> Finding:
    if lag <= timedelta(0):
        return fine("stream", "Of what arrived in the last minutes, nothing waits to be read.")
    if lag <= ALARMING_SILENCE:
        return fine("stream", "The oldest record that waits to be read arrived then.", now - lag)
    what = "The worker does not keep up: the oldest record that waits to be read arrived then."
    return Finding(name="stream", health=Health.BAD, what=what, at=now - lag, next="logs tail worker")


def _is_live(stage: Stage) -> bool:
    """Whether real posts go out: what guards such a stage is missed."""
    return not {"Data", "Scheduler"} & set(stage.lacking) and stage.settings.mode is Mode.LIVE


def _deploy(short: str = "") -> str:
    return " ".join(word for word in ("deploy", short, "--infra serverless") if word)


PARTS: Sequence[CheckupPart] = (
    CheckupPart(name="stacks", what="The stacks", look=_stacks),
    CheckupPart(name="alarms", what="Alarms", look=_alarms),
    CheckupPart(name="told", what="Who is told", look=subscribers, needs=("Data", "Scheduler")),
    CheckupPart(name="machinery", what="What moves the stage", look=machinery),
    CheckupPart(name="quotas", what="Quotas", look=quotas, needs=("Data", "Scheduler", "Worker")),
    CheckupPart(name="system", what="The table", look=_system, needs=("Data", "Scheduler")),
)
