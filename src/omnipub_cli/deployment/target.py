"""What is deployed where: a stage, its region, and the values that its file gives to CDK.

A stage is a row of cdk/omnipub_cdk/stages.py. `deploy/<stage>.toml` may say more about it: `infra`, `region`, and any
value of that row, such as `domain` or `alarm_email`. What is typed on the command line wins over both.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from omnipub.errors import ConfigurationError, InvalidInputError, OmnipubError
from omnipub_cli.deployment.checkout import OWN, Checkout, found
from omnipub_cli.deployment.regions import checked_region

FOLDER = "deploy"
DEFAULT = "dev"
"""The stage that is meant if none is named."""

_OURS = {"infra"}
"""Keys of a stage's file that are not values of its row."""

GUARDS = ("guardduty", "security_hub", "config_recorder")
"""Values of a stage that ask for what exists once per account and region."""

_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A stage and where it lives.

    Attributes:
        context: Values for CDK by their names.
        infra: What the stage's file says of infrastructure; "" if nothing.
        file: The name of that file, for sentences, whether it is there or not.
        production: Whether the row protects what is kept.
        guards: The values that ask for what exists once per account and region.
    """

    stage: str
    region: str
    context: Mapping[str, str] = field(default_factory=dict)
    infra: str = ""
    file: str = ""
    production: bool = False
    mode: str = ""
    guards: frozenset[str] = frozenset()

    @property
    def has_address(self) -> bool:
        """Whether somebody said what the site's address is; else CloudFront gives it one."""
        return bool(self.context.get("domain") or self.context.get("site"))


def target(
    checkout: Checkout,
    stage: str,
    *,
    region: str,
    environment: Mapping[str, str],
    typed: Mapping[str, str] | None = None,
) -> Target:
    """The stage of that name, in the region that was typed ("" if none was), which the environment must not contradict.

    `typed` are values of the stage that were typed: they win over those of its file.

    Raises:
        InvalidInputError: There is no such stage, or its file has a key that means nothing.
        ConfigurationError: The environment names another region than the stage.
    """
    rows = checkout.module("stages")
    if stage not in rows.STAGES:
        raise InvalidInputError(
            f"There is no stage '{stage}' to deploy.",
            hint=f"There are: {', '.join(rows.STAGES)}; see cdk/omnipub_cdk/stages.py.",
        )
    file = f"{FOLDER}/{stage}.toml"
    from_file = read(checkout.root / file)
    values = {one.name for one in fields(rows.Stage)} - {"name"}
    _check_names(from_file, file, values | _OURS)
    _check_names(typed or {}, "-c", values)
    context = {name: value for name, value in {**from_file, **(typed or {})}.items() if name not in _OURS}
    if region:
        context["region"] = checked_region(region)
    row = rows.stage_of({"stage": stage, **context}.get)
    _check_region(row.region, given="region" in context, stage=stage, environment=environment)
    return Target(
        stage=stage,
        region=row.region,
        context={"stage": stage, **context},
        infra=from_file.get("infra", ""),
        file=file,
        production=row.protected,
        mode=str(row.mode),
        guards=frozenset(name for name in GUARDS if getattr(row, name)),
    )


def deployed_to(stage: str) -> str | None:
    """Where the checkout that this omnipub runs from would deploy a stage; None without one, or without the stage.

    Only that checkout is asked: its rows are code, and a command that lists messages runs none of another folder.
    """
    try:
        return target(found(OWN), stage, region="", environment={}).region
    except OmnipubError:
        return None


def _check_names(names: Iterable[str], where: str, known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise InvalidInputError(
                f"{where} says '{name}', which is no value of a stage.", hint=f"There are: {', '.join(sorted(known))}."
            )


def read(path: Path) -> dict[str, str]:
    """A stage's file as names and texts, as CDK's context takes them; nothing if it is not there.

    Raises:
        ConfigurationError: It is not TOML.
    """
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}.", hint='Write lines like region = "eu-central-1".'
        ) from error
    nested = [name for name, value in values.items() if not isinstance(value, str | bool | int)]
    if nested:
        raise ConfigurationError(
            f"{nested[0]} in {path} is no text, number, true or false.",
            hint="What has parts stands in cdk/omnipub_cdk/stages.py.",
        )
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def _check_region(region: str, *, given: bool, stage: str, environment: Mapping[str, str]) -> None:
    """A region that comes from the table of stages alone must not contradict what this terminal works with."""
    named, other = next(((name, environment[name]) for name in _REGIONS if environment.get(name)), ("", ""))
    if not given and other and other != region:
        raise ConfigurationError(
            f"{named} is {other}, but stage {stage} lives in {region}.",
            hint=f"Say which one is meant: --region {region} or --region {other}",
        )
