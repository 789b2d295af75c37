"""Taking a stage down: the order, what stays, and what must be emptied first."""

import json
from dataclasses import dataclass, field

import pytest

from omnipub_cli.deployment.destroy import StackDeletion
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.stacks import ORDER, name_of

from .conftest import Ground

KEPT = [
    Resource(logical="Table", physical="omnipub-table", kind="AWS::DynamoDB::Table"),
    Resource(logical="Media", physical="omnipub-media", kind="AWS::S3::Bucket"),
    Resource(logical="Parked", physical="omnipub-parked", kind="AWS::S3::Bucket"),
    Resource(logical="Function", physical="f", kind="AWS::Lambda::Function"),
]
TEMPLATE = {"Resources": {"Table": {"DeletionPolicy": "Retain"}, "Media": {"DeletionPolicy": "Retain"}, "Parked": {}}}


@dataclass
class Buckets:
    emptied: list[str] = field(default_factory=list)

    def empty(self, bucket: str) -> int:
        self.emptied.append(bucket)
        return 3


@pytest.fixture
def stage(account: Ground) -> Ground:
    account.deploy()
    account.stacks.log.clear()
    account.stacks.templates[name_of("Data", "dev")] = json.dumps(TEMPLATE)
    account.stacks.parts[name_of("Data", "dev")] = KEPT
    return account


@pytest.fixture
def buckets() -> Buckets:
    return Buckets()


def demolition(stage: Ground, buckets: Buckets) -> StackDeletion:
    return StackDeletion(
        stage="dev",
        region="us-east-1",
        stacks=lambda _: stage.stacks,
        buckets=lambda _: buckets,
        now=stage.clock.now,
        follower=stage.follower,
        say=stage.said.append,
    )


def destroy(stage: Ground, buckets: Buckets, *, unprotect: bool = False) -> None:
    run = demolition(stage, buckets)
    run.run(run.plan(ORDER), unprotect=unprotect)


def test_the_last_stack_goes_first_and_each_is_gone_before_the_next(stage: Ground, buckets: Buckets) -> None:
    destroy(stage, buckets)
    gone = [name for what, name in stage.stacks.log if what == "delete"]
    assert gone == [name_of(short, "dev") for short in reversed(ORDER) if short != "EdgeSecurity"]
    assert stage.stacks.stacks == {}


def test_the_plan_says_what_stays_in_the_account_and_what_goes(stage: Ground, buckets: Buckets) -> None:
    data = demolition(stage, buckets).plan(ORDER)[-1]
    assert [one.physical for one in data.stays] == ["omnipub-table", "omnipub-media"]
    assert [one.physical for one in data.goes] == ["omnipub-parked"]


def test_only_buckets_that_go_are_emptied(stage: Ground, buckets: Buckets) -> None:
    destroy(stage, buckets)
    assert buckets.emptied == ["omnipub-parked"]
    assert "Emptied omnipub-parked: 3 objects." in stage.said


def test_planning_deletes_nothing(stage: Ground, buckets: Buckets) -> None:
    demolition(stage, buckets).plan(ORDER)
    assert (stage.stacks.log, buckets.emptied) == ([], [])


def test_a_protected_stack_is_unprotected_only_where_that_was_asked_for(stage: Ground, buckets: Buckets) -> None:
    name = name_of("Frontend", "dev")
    stage.stacks.there(name, protected=True)
    destroy(stage, buckets, unprotect=True)
    assert stage.stacks.log[:2] == [("unprotect", name), ("delete", name)]


def test_what_cannot_be_deleted_stops_it_and_says_what_to_type(stage: Ground, buckets: Buckets) -> None:
    stage.stacks.failing[name_of("Worker", "dev")] = "It is in use."
    with pytest.raises(DeploymentFailedError, match="OmnichannelWorkerStack-dev ended as DELETE_FAILED") as failed:
        destroy(stage, buckets)
    assert "omnipub destroy Worker --stage dev" in failed.value.hint
    assert name_of("Data", "dev") in stage.stacks.stacks


def test_destroying_twice_finds_nothing_to_do(stage: Ground, buckets: Buckets) -> None:
    destroy(stage, buckets)
    assert demolition(stage, buckets).plan(ORDER) == []
