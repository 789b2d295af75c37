"""The system of this process, built once from the environment when the first event comes."""

import os
from functools import cache
from typing import TYPE_CHECKING

from omnipub.config import from_environment
from omnipub.errors import ConfigurationError

if TYPE_CHECKING:
    from omnipub.adapters.aws.clients import Clients
    from omnipub.adapters.aws.origin_secret import OriginSecret
    from omnipub.wiring.assemble import System


@cache
def system() -> "System":
    """The system that the environment describes."""
    settings = from_environment(os.environ)
    if settings.on_aws:
        from omnipub.wiring.aws import on_aws, settle

        made = on_aws(settings, clients())
        settle(made)
        return made
    if not settings.data:
        raise ConfigurationError(
            "Neither OMNIPUB_DATA nor OMNIPUB_TABLE is set.",
            hint="Name the directory of the data, or on AWS the table with its companions.",
        )
    from omnipub.wiring.local import one_machine

    return one_machine(settings)


@cache
def origin_secret() -> "OriginSecret | None":
    """What CloudFront proves itself with; None where nobody has to."""
    name = from_environment(os.environ).origin_secret
    if not name:
        return None
    from omnipub.adapters.aws.origin_secret import OriginSecret

    return OriginSecret(clients(), name)


@cache
def clients() -> "Clients":
    """The clients of AWS, which all of this process shares."""
    from omnipub.adapters.aws.clients import Clients

    return Clients()
