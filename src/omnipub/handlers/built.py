"""The system of this process, built once from the environment when the first event comes."""

import os
from functools import cache

from omnipub.config import from_environment
from omnipub.errors import ConfigurationError
from omnipub.wiring import System, one_machine


@cache
def system() -> System:
    """The system that the environment describes."""
    settings = from_environment(os.environ)
    if not settings.data:
        raise ConfigurationError(
            "OMNIPUB_DATA is not set.", hint="Name the directory of the data; only one machine is built so far."
        )
    return one_machine(settings)
