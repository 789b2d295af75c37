"""Which infrastructure a stage is deployed on: said on the command line, by the environment, or in the stage's file.

A stage that is there has its kind, which is the one that is built. That of a new one is asked for, never assumed.
"""

from collections.abc import Mapping
from enum import StrEnum

from omnipub.errors import InvalidInputError
from omnipub_cli.deployment.errors import NotBuiltError

VARIABLE = "INFRA_TYPE"


class Infrastructure(StrEnum):
    """What omnipub's functions run on."""

    SERVERLESS = "serverless"
    CONTAINERS = "containers"


def named(flag: str, environment: Mapping[str, str], *, in_file: str, file: str) -> Infrastructure | None:
    """The infrastructure that is said; the first of flag, variable and file (`in_file`, "" if it says nothing) counts.

    Raises:
        InvalidInputError: What is said is none.
        NotBuiltError: It is not built yet.
    """
    by_source = {"--infra": flag, VARIABLE: environment.get(VARIABLE, ""), f"infra in {file}": in_file}
    where, name = next(((where, name) for where, name in by_source.items() if name), ("", ""))
    if not name:
        return None
    if name not in list(Infrastructure):
        raise InvalidInputError(
            f"{where} is '{name}', which is no infrastructure.", hint=f"There are: {', '.join(Infrastructure)}."
        )
    return built(Infrastructure(name))


def built(infrastructure: Infrastructure) -> Infrastructure:
    """The infrastructure, if it can be deployed.

    Raises:
        NotBuiltError: It is not built yet.
    """
    if infrastructure is Infrastructure.CONTAINERS:
        raise NotBuiltError(
            "The infrastructure 'containers' is not built yet; nothing was done.",
            hint=f"In the workflow's form choose {Infrastructure.SERVERLESS}; at the terminal type "
            f"omnipub deploy --infra {Infrastructure.SERVERLESS}",
        )
    return infrastructure


def unsaid(file: str) -> InvalidInputError:
    """Why a new stage is not deployed whose infrastructure nobody says."""
    return InvalidInputError(
        f"Nothing says which infrastructure to deploy on: no --infra, no {VARIABLE}, no infra in {file}.",
        hint=f"Say one: --infra {' or --infra '.join(Infrastructure)}; or set {VARIABLE}.",
    )
