"""What CDK synthesised: the stacks of a stage and the order in which they stand on each other. Pure but for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnipub.strict_json import loads
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.stacks import short_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class PlannedStack:
    """A stack to deploy; `after` are the stacks it stands on, by their short names like its own."""

    short: str
    name: str
    region: str
    template: Path
    after: frozenset[str]


def planned(folder: Path, *, region: str) -> Sequence[PlannedStack]:
    """The stacks in a cloud assembly; `region` is that of stacks that name none."""
    manifest = loads((folder / MANIFEST).read_text(), lenient=True)
    artifacts = manifest.get("artifacts", {})
    stacks = {id_: one for id_, one in artifacts.items() if one.get("type") == "aws:cloudformation:stack"}
    return [_planned(id_, one, stacks, folder, region) for id_, one in stacks.items()]


def waves(stacks: Sequence[PlannedStack], wanted: Sequence[str]) -> Sequence[Sequence[PlannedStack]]:
    """The wanted stacks in groups that can be deployed side by side.

    A group needs only earlier groups.

    A stack that is not wanted counts as being there already.

    Raises:
        DeploymentFailedError: The stacks stand on each other in a circle.
    """
    left = {one.short: one for one in stacks if one.short in wanted}
    groups = []
    while left:
        free = [one for one in left.values() if not one.after & left.keys()]
        if not free:
            raise DeploymentFailedError(
                f"These stacks stand on each other in a circle: {', '.join(left)}.",
                hint="Look at who refers to whom in cdk/app.py.",
            )
        groups.append(free)
        for one in free:
            del left[one.short]
    return groups


def _planned(
    id_: str, artifact: Mapping[str, Any], stacks: Mapping[str, Any], folder: Path, region: str
) -> PlannedStack:
    properties = artifact.get("properties", {})
    placed = artifact.get("environment", "").rpartition("/")[2]
    return PlannedStack(
        short=short_of(id_),
        name=properties.get("stackName", id_),
        region=placed if placed and not placed.startswith("unknown") else region,
        template=folder / properties["templateFile"],
        after=frozenset(short_of(one) for one in artifact.get("dependencies", ()) if one in stacks),
    )
