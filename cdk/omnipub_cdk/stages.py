"""What differs between stages: values, in one table. The stacks are the same everywhere.

A value can be overridden for one run by CDK's context, e.g. `-c stage=prod -c alarm_email=you@example.com`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from omnipub.config import LogLevel, Mode
from omnipub.errors import InvalidInputError
from omnipub.names import PRODUCTION

EDGE_REGION = "us-east-1"
"""Where CloudFront looks for its web ACL and certificate."""

_ALLOWED: Mapping[str, Sequence[Any]] = {
    "architecture": ("arm64", "x86_64"),
    "log_days": (7, 14, 30, 90, 365),
    "media_days": (0, *range(7, 3651)),
    "parallel": range(1, 11),
}


_SHOWN = 10
"""Allowed values that are named one by one."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The values of one stage.

    Attributes:
        region: Where everything lives, but for what CloudFront wants in its own region.
        mode: Sandbox or live; a table serves one of them for ever.
        sandbox_url: Where another sandbox answers, in sandbox mode; "" for the stage's own.
        architecture: `arm64` or `x86_64`, of all functions.
        protected: Whether data outlive their stack, cannot be deleted by mistake and can be restored to any second.
        log_days: Days for which log lines are kept.
        media_days: Days for which images are kept, 7 at least; 0 for ever. What may go out later has no images.
        api_memory: MB of the function behind the API; likewise for the others.
        worker_timeout: Seconds a run of the sender may take; the lease of a claim is derived from it.
        lead_ms: Milliseconds before its moment at which a delivery is on the stream: Lambda reads a stream once a
            second, and whoever sends waits the rest.
        pack: Accounts at most that the worker hands to one run of the sender.
        parallel: Batches of one shard side by side, 1 to 10; order is kept per channel and account.
        requests_per_second: What the API takes in the long run, of everybody together.
        requests_at_once: What it takes at once above that.
        requests_per_address: What the firewall takes from one address in five minutes.
        site: The address users see, e.g. `https://publish.example.com`; after a first deployment without a domain
            this is the distribution's own. Sign-in returns to it.
        domain: The site's own domain name; needs `certificate`.
        certificate: ARN of its certificate in us-east-1.
        sign_in_prefix: First label of the sign-in page's address; "" derives it from stage and account.
        managed_login: Whether people sign in on Cognito's newer pages; else on its classic ones, which have no look
            of the stage's own.
        sign_up: Whether strangers may create an account.
        branding: The look of the sign-in page, Cognito's own settings document; empty for Cognito's look.
        google_client_id: Turns sign-in with Google on; `google_secret` names the secret that holds its client secret.
        linkedin_client_id: Likewise LinkedIn.
        mail_identity: The verified SES identity that mail is sent from; "" if none is.
        text_messages: Whether text messages may be sent to phones.
        alarm_email: Who is told of alarms and of what needs a person, once they click a link; "" for nobody yet.
        firewall: Whether CloudFront has a web ACL ($10 a month and $0.60 per million requests).
        guardduty: Whether this stack turns GuardDuty on: one detector per account and region.
        security_hub: Likewise Security Hub, which sees next to nothing where AWS Config records nothing.
        config_recorder: Likewise AWS Config, with a recorder of all resources ($0.003 for each change of one).
        origin_secret_version: The version of the origin secret that CloudFront sends; "" for the current one.
    """

    name: str
    region: str = EDGE_REGION
    mode: Mode = Mode.SANDBOX
    sandbox_url: str = ""
    architecture: str = "arm64"
    protected: bool = False
    log_days: int = 7
    media_days: int = 0
    log_level: LogLevel = LogLevel.INFO
    api_memory: int = 512
    worker_memory: int = 256
    sender_memory: int = 512
    scheduler_memory: int = 256
    delay_memory: int = 256
    sandbox_memory: int = 256
    worker_timeout: int = 60
    lead_ms: int = 2_000
    pack: int = 16
    parallel: int = 2
    requests_per_second: int = 50
    requests_at_once: int = 100
    requests_per_address: int = 1000
    site: str = ""
    domain: str = ""
    certificate: str = ""
    sign_in_prefix: str = ""
    managed_login: bool = True
    sign_up: bool = False
    branding: Mapping[str, Any] = field(default_factory=dict)
    google_client_id: str = ""
    google_secret: str = "omnipub/google"  # noqa: S105  a name, not a secret
    linkedin_client_id: str = ""
    linkedin_secret: str = "omnipub/linkedin"  # noqa: S105  likewise
    mail_identity: str = ""
    text_messages: bool = False
    alarm_email: str = ""
    firewall: bool = True
    guardduty: bool = False
    security_hub: bool = False
    config_recorder: bool = False
    origin_secret_version: str = ""

    def __post_init__(self) -> None:
        """Refuse values that contradict each other."""
        if bool(self.domain) != bool(self.certificate):
            raise InvalidInputError(
                f"Stage {self.name} names {'a domain' if self.domain else 'a certificate'} without the other.",
                hint="Give both: -c domain=publish.example.com -c certificate=arn:aws:acm:us-east-1:…",
            )
        if self.name == PRODUCTION and self.sandbox_url:
            raise InvalidInputError(
                "The production stage has the address of a sandbox.",
                hint="Leave sandbox_url out, or name another stage.",
            )
        if self.branding and not self.managed_login:
            raise InvalidInputError(
                f"Stage {self.name} gives the sign-in pages a look, and the classic ones take none.",
                hint="Leave branding out, or say managed_login=true.",
            )
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise InvalidInputError(f"{name} is {getattr(self, name)}; allowed: {_named(allowed)}.")

    @property
    def has_sandbox(self) -> bool:
        """Whether the stage has a sandbox of its own, as a function over its table."""
        return self.mode is Mode.SANDBOX and not self.sandbox_url

    @property
    def sites(self) -> list[str]:
        """Addresses that sign-in may return to: the site, and a console under development except in production.

        Cognito wants one at least: production before its first address names one that nobody can own.
        """
        own = [site for site in (self.site, self.domain and f"https://{self.domain}") if site][:1]
        if self.name != PRODUCTION:
            return [*own, DEVELOPMENT]
        return own or [NOWHERE]


NOWHERE = "https://omnipub.invalid"
"""An address that no site can have (RFC 2606)."""

DEVELOPMENT = "http://localhost:5173"
"""Where a console under development is served; Cognito takes plain HTTP from localhost alone."""

STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        stage.name: stage
        for stage in (
            Stage(name="dev"),
            # Deployed by a test and taken down again: what is guarded or drawn for people is left out.
            Stage(name="test", firewall=False, managed_login=False),
            Stage(name="staging", mode=Mode.LIVE, log_days=14),
            Stage(
                name=PRODUCTION,
                mode=Mode.LIVE,
                protected=True,
                log_days=30,
                parallel=10,
                requests_per_second=200,
                requests_at_once=500,
                guardduty=True,
            ),
        )
    }
)


def stage_of(context_value: Callable[[str], Any]) -> Stage:
    """The stage that the context names (`dev` without one), with the values it overrides.

    Args:
        context_value: Gives a context value by its name, None where there is none.

    Raises:
        InvalidInputError: There is no such stage, or a value is not of its kind.
    """
    name = context_value("stage") or "dev"
    if name not in STAGES:
        raise InvalidInputError(
            f"There is no stage '{name}'.", hint=f"Stages: {', '.join(STAGES)}; add one in stages.py."
        )
    stage = STAGES[name]
    given = {one.name: context_value(one.name) for one in fields(Stage) if one.name != "name"}
    return replace(
        stage, **{key: _read(key, value, getattr(stage, key)) for key, value in given.items() if value is not None}
    )


def _named(allowed: Sequence[Any]) -> str:
    """The values, or the ends of a long list of them."""
    shown = [str(one) for one in allowed]
    return ", ".join(shown) if len(shown) <= _SHOWN else f"{shown[0]}, or {shown[1]} to {shown[-1]}"


def _read(name: str, value: Any, present: Any) -> Any:
    """`value` in the kind of the present one; from the command line everything is text."""
    if isinstance(present, bool):
        if str(value).lower() not in {"true", "false"}:
            raise InvalidInputError(f"{name} is '{value}'; allowed: true, false.")
        return str(value).lower() == "true"
    try:
        return type(present)(value)
    except ValueError as error:
        raise InvalidInputError(f"{name} is '{value}'; expected is one like {present}.") from error
