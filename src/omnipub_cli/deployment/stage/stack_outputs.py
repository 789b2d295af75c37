"""What the stacks of a stage say of themselves, and the settings that follow from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omnipub.config import Mode, Settings
from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.stacks import name_of

Outputs = Mapping[str, Mapping[str, str]]
"""Stack's short name → its outputs."""

SAID_BY: Mapping[str, tuple[str, ...]] = {
    "Data": ("TableName", "StreamName", "DelayQueue", "MediaBucket", "ParkedBucket", "VaultKey"),
    "Scheduler": ("SchedulerFunction", "DelayFunction", "Mode", "WorkerTimeout", "Version", "Schema"),
    "Worker": ("WorkerFunction", "SenderFunction", "Schema"),
}
"""Stack → the outputs that commands cannot do without."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {"Data": ("Topic",), "Scheduler": ("SandboxUrl", "SandboxFunction")}
"""Outputs that commands do without: not every stage has a sandbox; stages of before have no topic there."""

IN_PART = "the stage was deployed in part, or by an older omnipub"
"""What it means that an output is missing."""


@dataclass(frozen=True, kw_only=True)
class StageOutputs:
    """A deployed stage.

    Attributes:
        settings: Those of its functions, but for how much they log.
        worker: Name of the worker's function.
        sender: Name of the function that sends.
        delay: Name of the function that consumes the delay queue.
        parked: Name of the bucket of records given up on.
        version: The omnipub it was deployed with.
        schema: Fingerprint of what its functions mean by the table: its shape and its items. Of two releases at once,
            while it is being deployed, both, which is no fingerprint that any code has.
    """

    settings: Settings
    worker: str
    sender: str
    delay: str
    parked: str
    version: str
    schema: str


def facts(stage: str, outputs: Outputs) -> StageOutputs:
    """What the outputs of a stage mean.

    Raises:
        ConfigurationError: One is missing, so that it was deployed in part or by an older omnipub.
    """
    _check(stage, outputs, SAID_BY)
    return StageOutputs(
        settings=settings(stage, outputs),
        worker=outputs["Worker"]["WorkerFunction"],
        sender=outputs["Worker"]["SenderFunction"],
        delay=outputs["Scheduler"]["DelayFunction"],
        parked=outputs["Data"]["ParkedBucket"],
        version=outputs["Scheduler"]["Version"],
        schema=" and ".join(dict.fromkeys(outputs[short]["Schema"] for short in ("Scheduler", "Worker"))),
    )


def settings(stage: str, outputs: Outputs) -> Settings:
    """The settings of a stage's functions, which follow from two of its stacks.

    Raises:
        ConfigurationError: An output is missing.
    """
    _check(stage, outputs, ("Data", "Scheduler"))
    data, scheduler = outputs["Data"], outputs["Scheduler"]
    return Settings(
        stage=stage,
        mode=Mode(scheduler["Mode"]),
        sandbox_url=scheduler.get("SandboxUrl", ""),
        sandbox_function=scheduler.get("SandboxFunction", ""),
        worker_timeout=int(scheduler["WorkerTimeout"]),
        table=data["TableName"],
        stream=data["StreamName"],
        queue=data["DelayQueue"],
        bucket=data["MediaBucket"],
        key=data["VaultKey"],
        function=scheduler["SchedulerFunction"],
        topic=data.get("Topic", ""),
    )


def lacking(stage: str, outputs: Outputs, shorts: Iterable[str] = tuple(SAID_BY)) -> Mapping[str, str]:
    """Stack's short name → what it lacks of what commands cannot do without, as a clause; empty if nothing."""
    values: dict[str, str] = {}
    for short in shorts:
        missing = [name for name in SAID_BY[short] if not outputs.get(short, {}).get(name)]
        if missing:
            state = f"does not say its {', '.join(missing)}" if short in outputs else "is not there"
            values[short] = f"{name_of(short, stage)} {state}"
    return values


def _check(stage: str, outputs: Outputs, shorts: Iterable[str]) -> None:
    for state in lacking(stage, outputs, shorts).values():
        raise ConfigurationError(
            f"{state}: {IN_PART}.", hint=f"Bring it up to date: omnipub deploy --infra serverless --stage {stage}"
        )
