"""The settings of one stage, read from the environment in one function and written back by its inverse.

CDK builds the same `Settings` from its values and hands `to_environment()` to the functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from omnipub.errors import ConfigurationError
from omnipub.names import ENVIRONMENT_PREFIX

LEASE_BEYOND_TIMEOUT = timedelta(seconds=10)
"""A lease outlives the longest run of its holder by this much."""

LONGEST_LEAD_MS = 10_000
"""A worker that waits longer than this for a moment keeps others from their turn."""


class Mode(StrEnum):
    """Where publications go. A table serves one of them for ever."""

    SANDBOX = "sandbox"
    LIVE = "live"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


_LEAST = {
    "worker_timeout": 2,
    "request_timeout": 1,
    "missed_after": 60,
    "lead_ms": 0,
    "slots": 1,
    "pack": 1,
    "tries": 1,
    "settle": 0,
    "media_days": 0,
}
"""The least value of each number that makes sense."""

_ON_AWS = ("table", "stream", "queue", "bucket", "key", "function")
"""What a stage on AWS cannot do without."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One stage's settings.

    Attributes:
        stage: Name of the stage; `local` is this machine.
        data: Directory of the one-machine data.
        state: Directory of the evidence of what one machine has sent, by default the user's state directory.
        mode: Sandbox or live.
        sandbox_url: Where the sandbox answers, in sandbox mode.
        sandbox_function: Name of the Lambda function that is the stage's own sandbox; "" for another one or none.
        worker_timeout: Seconds a run that sends may take.
        request_timeout: Seconds one request to a network may take in all; at most half of `worker_timeout`.
        missed_after: Seconds past its moment after which what is surely not out is missed.
        lead_ms: Milliseconds before its moment at which a delivery is on the stream; whoever sends waits the rest.
            On one machine 0, unless it is set.
        slots: Sends of one network side by side in one worker; on one machine a send older than 0.8 s no longer counts.
        pack: Accounts at most that the worker on AWS hands to one run of the sender, which has a thread for each.
        tries: Tries of a delivery before it fails.
        settle: Seconds that replace every channel's settle time; 0 keeps the channels' own (for tests).
        media_days: Days after which the bucket of media removes an image; 0 if it keeps all of them.
        log_level: DEBUG, INFO, WARNING or ERROR.
        table: Name of the DynamoDB table; what is on AWS has all six of these, one machine none.
        stream: Name of the Kinesis stream.
        queue: Address of the SQS queue in which pointers wait for their moments.
        bucket: Name of the S3 bucket of media.
        key: ARN of the KMS key that seals tokens.
        function: Name of the scheduler's Lambda function, which an operator's run-now calls.
        sender: Name of the Lambda function that sends; only who hands records over to it needs it.
        topic: ARN of the SNS topic that tells people what needs them; "" on one machine, and for functions that do not.
        parked: Name of the S3 bucket of what was given up on; only functions that put something there need it.
        sign_in_url: Where users of the stage sign in, without a slash at its end; "" on one machine.
        sign_in_client: Cognito's id of the console, which it shows there.
        origin_secret: ARN of the secret with which CloudFront proves itself to the API; "" if nobody has to.
    """

    stage: str = "local"
    data: str = ""
    state: str = ""
    mode: Mode = Mode.SANDBOX
    sandbox_url: str = ""
    sandbox_function: str = ""
    worker_timeout: int = 60
    request_timeout: int = 25
    missed_after: int = 24 * 60 * 60
    lead_ms: int = 2_000
    slots: int = 32
    pack: int = 16
    tries: int = 5
    settle: int = 0
    media_days: int = 0
    log_level: LogLevel = LogLevel.INFO
    table: str = ""
    stream: str = ""
    queue: str = ""
    bucket: str = ""
    key: str = ""
    function: str = ""
    sender: str = ""
    topic: str = ""
    parked: str = ""
    sign_in_url: str = ""
    sign_in_client: str = ""
    origin_secret: str = ""

    def __post_init__(self) -> None:
        """Refuse values that make no sense or contradict each other."""
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise ConfigurationError(f"{variable(name)} is {value}; the least that makes sense is {least}.")
        if not self.stage:
            raise ConfigurationError(f"{variable('stage')} is empty.", hint="Name the stage, e.g. local.")
        if not 0 < self.request_timeout <= self.worker_timeout / 2:
            raise ConfigurationError(
                f"{variable('request_timeout')} is {self.request_timeout} and {variable('worker_timeout')} is "
                f"{self.worker_timeout}: a run must have time for two requests at least.",
                hint=f"Set {variable('request_timeout')} to at most half of {variable('worker_timeout')}.",
            )
        if self.lead_ms > LONGEST_LEAD_MS:
            raise ConfigurationError(
                f"{variable('lead_ms')} is {self.lead_ms}; a worker waits for {LONGEST_LEAD_MS} ms at most."
            )
        missing = [variable(name) for name in _ON_AWS if not getattr(self, name)]
        if 0 < len(missing) < len(_ON_AWS):
            raise ConfigurationError(
                f"{', '.join(missing)} must be set as well: a stage on AWS needs all of {_names(_ON_AWS)}."
            )
        if self.on_aws and self.data:
            raise ConfigurationError(
                f"{variable('data')} and {variable('table')} are both set; a stage is on one machine or on AWS."
            )

    @property
    def on_aws(self) -> bool:
        """Whether this stage is on AWS; else it is on one machine."""
        return bool(self.table)

    @property
    def lease(self) -> timedelta:
        """How long a claim lasts."""
        return timedelta(seconds=self.worker_timeout) + LEASE_BEYOND_TIMEOUT

    @property
    def lead(self) -> timedelta:
        """How long before its moment a delivery is on the stream."""
        return timedelta(milliseconds=self.lead_ms)

    @property
    def batch_budget(self) -> timedelta:
        """After this long a worker starts nothing new: what it starts must still end within its time-out."""
        return timedelta(seconds=self.worker_timeout) / 2


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings from variables named OMNIPUB_<SETTING>; what is absent keeps its default.

    Raises:
        ConfigurationError: A value makes no sense; names the variable and what would have been allowed.
    """
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = variable(field.name)
        if name in environment:
            values[field.name] = _read(name, environment[name], type(field.default))
    return Settings(**values)  # type: ignore[arg-type]  # _read gives each field its own type


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables from which `from_environment` reads the same settings."""
    return {variable(field.name): str(getattr(settings, field.name)) for field in fields(Settings)}


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT_PREFIX + setting.upper()


def _names(settings: Sequence[str]) -> str:
    return ", ".join(variable(name) for name in settings)


def _read(name: str, text: str, kind: type) -> object:
    try:
        return kind(text)
    except ValueError as error:
        allowed = ", ".join(kind) if issubclass(kind, StrEnum) else "a whole number"
        raise ConfigurationError(f"{name} is '{text}'; allowed: {allowed}.") from error
