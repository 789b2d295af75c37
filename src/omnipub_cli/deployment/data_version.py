"""What functions mean by the table, old and new ones: two meanings must not work on one table (docs/decisions/0011)."""

from collections.abc import Collection, Mapping

from omnipub.errors import ConflictError
from omnipub.storage.schema import fingerprint
from omnipub.strict_json import loads
from omnipub_cli.deployment.ports import Stack
from omnipub_cli.deployment.stacks import WITH_BUNDLES

OUTPUT = "Schema"
"""The output by which a stack with a function says it."""


def meant(stack: Stack | None) -> str:
    """What the function of a stack means; "" if it is not there."""
    return stack.outputs.get(OUTPUT, "") if stack else ""


def meant_by(template: str) -> str:
    """What the function of a template means; "" if it does not say."""
    return str(loads(template, lenient=True).get("Outputs", {}).get(OUTPUT, {}).get("Value", ""))


def check_deployment(
    there: Mapping[str, Stack | None], wanted: Collection[str], *, stage: str, allowed: bool, ours: str = ""
) -> None:
    """Go on if the functions that are there and those to come mean the same.

    They may also all change over while nothing goes out.

    Args:
        there: The stacks with functions, by short name.
        wanted: The stacks that are deployed.
        stage: The stage's name, for what to type.
        allowed: Whether somebody said that nothing goes out meanwhile.
        ours: What this code means (default: its fingerprint).

    Raises:
        ConflictError: They do not.
    """
    ours = ours or fingerprint()
    other = [short for short in WITH_BUNDLES if meant(there.get(short)) not in {"", ours}]
    if not other:
        return
    staying = [short for short in other if short not in wanted]
    if staying:
        raise ConflictError(
            "This release means something else by the table than the deployed one. These would stay as they are: "
            f"{', '.join(staying)}. Nothing was changed.",
            hint=f"Deploy all stacks at once: omnipub deploy --infra serverless --stage {stage}",
        )
    if not allowed:
        raise ConflictError(
            "This release means something else by the table than the deployed one. While functions of both run, each "
            "misreads what the other writes. Nothing was changed.",
            hint="Pause everything with the release that is deployed, wait until nothing is publishing, then add "
            "--allow-schema-change; docs/decisions/0011-what-items-mean.md has the steps.",
        )


def check_return(now: Stack | None, template: str, *, version: str, before: str, stage: str) -> None:
    """Go on if the function of before means the same as that of now, which has written since.

    Raises:
        ConflictError: It does not.
    """
    if meant(now) != meant_by(template):
        raise ConflictError(
            f"The functions of {version} mean something else by the table than those of {before or 'before'}. "
            "They would misread what has been written since. Nothing was changed.",
            hint=f"Deploy what works instead: omnipub deploy --infra serverless --stage {stage}",
        )
