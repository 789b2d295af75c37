"""What a stage left in the account when it was taken down: remembered, and taken back by CloudFormation's import.

A table, bucket, key or user pool that outlives its stack has a name that CloudFormation drew. A new stack would make an
empty one beside it. So `destroy` writes down what stays, and `deploy` asks what becomes of it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omnipub.errors import ConflictError
from omnipub.strict_json import loads
from omnipub_cli.deployment import change_sets, events
from omnipub_cli.deployment.change_impact import KEPT
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.events import Follower, WatchedStack
from omnipub_cli.deployment.ports import ObjectStore, Resource, Stacks

NAME = "retained/resources.json"
"""In a folder of its own: beside it stand the records of deployments."""

IDENTIFIERS: Mapping[str, str] = {
    "AWS::Cognito::UserPool": "UserPoolId",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::KMS::Key": "KeyId",
    "AWS::Kinesis::Stream": "Name",
    "AWS::S3::Bucket": "BucketName",
}
"""Type → the property by which CloudFormation finds one that is there."""


class OfRetained(StrEnum):
    """What a deployment does with what its stacks left."""

    ASK = "ask"
    """It is refused, and says what there is."""
    ADOPT = "adopt"
    LEAVE = "leave"


Left = Mapping[str, Sequence[Resource]]
"""Stack's short name → what it left."""


@dataclass(frozen=True, kw_only=True)
class RetainedResources:
    """What stacks of a stage left when they were deleted; an object in the stage's folder of CDK's bucket."""

    store: ObjectStore

    def all(self) -> Left:
        """What is remembered, whether it is still there or not."""
        there = self.store.held(NAME)
        document = loads(there.body, lenient=True) if there else {}
        return {short: [Resource(**one) for one in resources] for short, resources in document.items()}

    def remember(self, left: Left) -> None:
        """Add what stacks leave now; of one stack, the last time counts."""
        if any(left.values()):
            self._write({**self.all(), **{short: resources for short, resources in left.items() if resources}})

    def forget(self, short: str) -> None:
        """Take one stack's away: it has them again."""
        known = self.all()
        if short in known:
            self._write({name: resources for name, resources in known.items() if name != short})

    def _write(self, left: Left) -> None:
        document = {short: [vars(one) for one in resources] for short, resources in left.items()}
        self.store.put(NAME, json.dumps(document, indent=2))


def undecided(left: Left, stage: str) -> ConflictError:
    """Why a deployment does not begin that would make empty ones beside those that were left."""
    things = ", ".join(f"the {KEPT[one.kind]} {one.physical}" for resources in left.values() for one in resources)
    return ConflictError(
        f"Stage {stage} was taken down and left {things} in the account; this deployment would begin with empty ones. "
        "Nothing was changed.",
        hint=f"Take them back: omnipub deploy --stage {stage} --adopt-retained; or begin anew: --leave-retained",
    )


def import_template(template: str, resources: Sequence[Resource], *, stack: str) -> str:
    """A template of nothing but these resources, as the stack's own template defines them; pure.

    Raises:
        DeploymentFailedError: It does not define one of them any more.
    """
    defined = loads(template, lenient=True).get("Resources", {})
    for one in resources:
        if defined.get(one.logical, {}).get("Type") != one.kind:
            raise DeploymentFailedError(
                f"{stack} has no {KEPT[one.kind]} {one.logical} any more, so {one.physical} cannot be taken back.",
                hint="Deploy the version that the stage had; or leave what was left: --leave-retained",
            )
    return json.dumps({"Resources": {one.logical: defined[one.logical] for one in resources}})


def to_import(resources: Sequence[Resource]) -> Sequence[Mapping[str, object]]:
    """The same resources as CloudFormation wants them named; pure."""
    return [
        {
            "ResourceType": one.kind,
            "LogicalResourceId": one.logical,
            "ResourceIdentifier": {IDENTIFIERS[one.kind]: one.physical},
        }
        for one in resources
    ]


@dataclass(kw_only=True)
class RetainedImport:
    """Takes back what one stack left.

    Attributes:
        confirm: Raises if this run may not change the stage any more.
        token: Comes back in CloudFormation's events.
    """

    stacks: Stacks
    follower: Follower
    change_set: str
    token: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    confirm: Callable[[], None]

    def run(self, short: str, name: str, region: str, *, template: str, resources: Sequence[Resource]) -> None:
        """Make the stack of what it left; nothing of that is changed, and nothing else is made yet.

        Raises:
            DeploymentFailedError: One is gone, or belongs to another stack, or is not defined any more.
        """
        alone = import_template(template, resources, stack=name)
        self.stacks.forget(name, self.change_set)
        self.stacks.bring_in(name, self.change_set, template=alone, resources=to_import(resources))
        found = change_sets.made(self.stacks, name, self.change_set, self.wait)
        if found.status != "CREATE_COMPLETE":
            self.stacks.forget(name, self.change_set)
            raise DeploymentFailedError(
                f"{name} cannot take back what it left: {found.why or found.status}",
                hint="See docs/deploying.md, What a stage leaves; or begin anew: --leave-retained",
            )
        since = events.mark(self.stacks, name, now=self.now())
        self.confirm()
        self.stacks.execute(name, found.id or self.change_set, token=self.token)
        self.follower.follow(
            [WatchedStack(short=short, name=name, region=region, stacks=self.stacks, since=since, total=len(resources))]
        )
