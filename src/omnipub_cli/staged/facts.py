"""What the stacks of a stage say of themselves, and the settings that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from omnipub.config import LogLevel, Mode, Settings
from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.family import name_of

Outputs = Mapping[str, Mapping[str, str]]
"""Stack's short name → its outputs."""

SAID_BY: Mapping[str, tuple[str, ...]] = {
    "Data": ("TableName", "TableShape", "StreamName", "MediaBucket", "ParkedBucket", "VaultKey"),
    "Scheduler": ("SchedulerFunction", "Mode", "WorkerTimeout", "Version"),
    "Worker": ("WorkerFunction",),
}
"""Stack → the outputs that commands cannot do without. `SandboxUrl` of Scheduler is there only if a stage has one."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A deployed stage.

    Attributes:
        settings: Those of its functions, but for what they log.
        worker: Name of the worker's function.
        parked: Name of the bucket of records given up on.
        version: The omnipub it was deployed with.
        shape: Fingerprint of its table's shape.
    """

    settings: Settings
    worker: str
    parked: str
    version: str
    shape: str


def facts(stage: str, outputs: Outputs) -> Facts:
    """What the outputs of a stage mean.

    Raises:
        ConfigurationError: One is missing, so that it was deployed in part or by an older omnipub.
    """
    for short, names in SAID_BY.items():
        missing = [name for name in names if not outputs.get(short, {}).get(name)]
        if missing:
            state = f"does not say its {', '.join(missing)}" if short in outputs else "is not there"
            raise ConfigurationError(
                f"{name_of(short, stage)} {state}: the stage was deployed in part, or by an older omnipub.",
                hint=f"Bring it up to date: omnipub deploy --infra serverless --stage {stage}",
            )
    data, scheduler = outputs["Data"], outputs["Scheduler"]
    return Facts(
        settings=Settings(
            stage=stage,
            mode=Mode(scheduler["Mode"]),
            sandbox_url=scheduler.get("SandboxUrl", ""),
            worker_timeout=int(scheduler["WorkerTimeout"]),
            log_level=LogLevel.ERROR,  # a person at a terminal hears of results, not of each step
            table=data["TableName"],
            stream=data["StreamName"],
            bucket=data["MediaBucket"],
            key=data["VaultKey"],
            function=scheduler["SchedulerFunction"],
        ),
        worker=outputs["Worker"]["WorkerFunction"],
        parked=data["ParkedBucket"],
        version=scheduler["Version"],
        shape=data["TableShape"],
    )
