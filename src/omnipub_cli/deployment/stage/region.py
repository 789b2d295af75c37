"""Which stage and which region are meant."""

import re
from collections.abc import Callable, Mapping

from omnipub.errors import ConfigurationError, InvalidInputError
from omnipub_cli.deployment.regions import checked_region

REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_STAGE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")


def checked_stage(stage: str) -> str:
    """The stage, if that can be a stage's name.

    Raises:
        InvalidInputError: It cannot.
    """
    if not _STAGE.fullmatch(stage):
        raise InvalidInputError(
            f"'{stage}' is no name of a stage.", hint="A letter, then letters, digits and hyphens: --stage dev"
        )
    return stage


def region_of(typed: str, environment: Mapping[str, str], configured: Callable[[], str | None], *, stage: str) -> str:
    """The region: what was typed, else the environment's, else what is configured: a profile's, or the checkout's.

    Raises:
        InvalidInputError: It is no name of a region.
        ConfigurationError: Nothing says it.
    """
    region = typed or next((environment[name] for name in REGIONS if environment.get(name)), "") or configured() or ""
    if not region:
        raise ConfigurationError(
            f"Nothing says in which region stage {stage} is.",
            hint="Add --region, e.g. --region eu-central-1, or set AWS_REGION.",
        )
    return checked_region(region)
