"""Which infrastructure a stage is deployed on: said on the command line, by the environment, or in the stage's file."""

from collections.abc import Mapping
from enum import StrEnum

from omnipub.errors import InvalidInputError
from omnipub_cli.deployment.errors import NotBuiltError

VARIABLE = "INFRA_TYPE"


class Infrastructure(StrEnum):
    """What omnipub's functions run on."""

    SERVERLESS = "serverless"
    CONTAINERS = "containers"


def chosen(flag: str, environment: Mapping[str, str], *, in_file: str, file: str) -> Infrastructure:
    """The infrastructure; the first of flag, variable and file (`in_file`, "" if it says nothing) is believed.

    Raises:
        InvalidInputError: Nothing says one, or it is none.
        NotBuiltError: It is not built yet.
    """
    said = {"--infra": flag, VARIABLE: environment.get(VARIABLE, ""), f"infra in {file}": in_file}
    where, name = next(((where, name) for where, name in said.items() if name), ("", ""))
    if not name:
        raise InvalidInputError(
            f"Nothing says which infrastructure to deploy on: no --infra, no {VARIABLE}, no infra in {file}.",
            hint=f"Say one: --infra {' or --infra '.join(Infrastructure)}; or set {VARIABLE}.",
        )
    if name not in list(Infrastructure):
        raise InvalidInputError(
            f"{where} is '{name}', which is no infrastructure.", hint=f"There are: {', '.join(Infrastructure)}."
        )
    if name == Infrastructure.CONTAINERS:
        raise NotBuiltError(
            "The infrastructure 'containers' is not built yet; nothing was done.",
            hint=f"Deploy on what is there: omnipub deploy --infra {Infrastructure.SERVERLESS}",
        )
    return Infrastructure(name)
