"""What a stage consists of, as far as it is billed: counted in its templates.

`INVENTORIES` has it for the stages of cdk/omnipub_cdk/stages.py, so that a bill can be made without CDK. A test
compares each with the synthesised templates. `PLANNED` has what the design adds or takes away and no template has yet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What is billed of a stage.

    Attributes:
        functions: Function → its MB of memory.
        architecture: `arm64` or `x86_64`, of all functions.
        shards: Of the stream.
        recovery: Whether the table can be restored to any second.
        media_days: After how many days an image is removed; None keeps all of them for ever.
        log_days: How long log lines are kept.
        ticks: Calls of the scheduler a month.
        queues: Queues that a function is triggered by.
        triggers: Triggers whose records CloudWatch counts.
        keys: Keys in KMS that are the stage's own.
        secrets: In Secrets Manager.
        alarms: Metrics that alarms compare; an alarm over a formula compares several.
        figures: Metrics that are counted from log lines.
        firewall_rules: Rules and groups of the web ACL; 0 without a web ACL.
        guardduty: What GuardDuty looks at besides the account's calls; None if the stage does not turn it on.
        config: Whether AWS Config records for the stage.
        security_hub: Whether the stage turns it on.
        roles: Roles of IAM, which Security Hub counts.
        pages_cached: Whether CloudFront keeps scripts and styles.
        images_fetched: Whether networks that can do so fetch images through CloudFront instead of being sent them.
        mail: Whether mail may be sent to recipients.
        text_messages: Whether text messages may.
    """

    functions: Mapping[str, int]
    architecture: str = "arm64"
    shards: int = 1
    recovery: bool = False
    media_days: int | None = None
    log_days: int = 7
    ticks: float = 0.0
    queues: int = 0
    triggers: int = 1
    keys: int = 1
    secrets: int = 1
    alarms: int = 0
    figures: int = 0
    dashboards: int = 1
    firewall_rules: int = 0
    guardduty: frozenset[str] | None = None
    config: bool = False
    security_hub: bool = False
    roles: int = 0
    pages_cached: bool = False
    images_fetched: bool = False
    mail: bool = False
    text_messages: bool = False


MINUTES = 730 * 60
"""A month has 730 hours wherever AWS turns an hourly price into a monthly one."""

OBJECTS, NETWORK = "S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS"
"""What GuardDuty may look at, by the names of its features."""

_FUNCTIONS = {"api": 512, "worker": 256, "sender": 512, "scheduler": 256, "delay": 256}

_LIVE = Inventory(
    functions=MappingProxyType(_FUNCTIONS),
    ticks=MINUTES,
    queues=1,
    alarms=14,
    figures=10,
    firewall_rules=5,
    roles=6,
    pages_cached=True,
)

_SANDBOX = replace(_LIVE, functions=MappingProxyType({**_FUNCTIONS, "sandbox": 256}), roles=_LIVE.roles + 1)
"""A stage in sandbox mode has its own sandbox."""

INVENTORIES: Mapping[str, Inventory] = MappingProxyType(
    {
        "dev": _SANDBOX,
        "test": replace(_SANDBOX, firewall_rules=0),
        "staging": replace(_LIVE, log_days=14),
        "prod": replace(_LIVE, recovery=True, log_days=30, guardduty=frozenset({OBJECTS, NETWORK})),
    }
)
"""Stage → what its templates hold."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A part of the design that no template has yet.

    Attributes:
        what: In a sentence, for people.
        is_built: Whether a stage has it.
        built: The stage as it will be.
    """

    what: str
    is_built: Callable[[Inventory], bool]
    built: Callable[[Inventory], Inventory] = field(repr=False)


PLANNED: Mapping[str, Planned] = MappingProxyType(
    {
        "media": Planned(
            what="Images are removed after 30 days.",
            is_built=lambda one: one.media_days is not None,
            built=lambda one: replace(one, media_days=30),
        ),
    }
)
"""Name → what is planned. A row is deleted when prod's templates have it; a test says when."""


def planned(inventory: Inventory) -> Inventory:
    """The stage as the design has it."""
    for one in PLANNED.values():
        inventory = inventory if one.is_built(inventory) else one.built(inventory)
    return inventory


def unbuilt(inventory: Inventory) -> Sequence[str]:
    """What of the design the stage does not have yet, a sentence each."""
    return [one.what for one in PLANNED.values() if not one.is_built(inventory)]
