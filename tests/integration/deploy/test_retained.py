"""What a stage leaves when it is taken down: remembered, asked about, taken back, or left."""

import json
from typing import Any

import pytest

from omnipub.errors import ConflictError
from omnipub_cli.deployment.deploy import CHANGE_SET
from omnipub_cli.deployment.destroy import StackDeletion
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.retained import NAME, OfRetained, RetainedResources
from omnipub_cli.deployment.stacks import ORDER, name_of

from .conftest import Ground

DATA = name_of("Data", "dev")
TABLE = Resource(logical="Table", physical="omnipub-table-7", kind="AWS::DynamoDB::Table")
MEDIA = Resource(logical="Media", physical="omnipub-media-7", kind="AWS::S3::Bucket")


class NoBuckets:
    def empty(self, bucket: str) -> int:
        raise AssertionError(f"{bucket} stays as it is")


@pytest.fixture
def left(account: Ground) -> Ground:
    """A stage that was deployed and taken down; its table and a bucket stay."""
    account.deploy()
    account.stacks.parts[DATA] = [TABLE, MEDIA]
    run = StackDeletion(
        stage="dev",
        region="us-east-1",
        stacks=lambda _: account.stacks,
        buckets=lambda _: NoBuckets(),
        now=account.clock.now,
        follower=account.follower,
        say=account.said.append,
        retained=RetainedResources(store=account.shelf),
    )
    run.run(run.plan(ORDER), unprotect=True)
    account.stacks.parts.clear()
    account.stacks.account |= {TABLE.physical, MEDIA.physical}
    account.stacks.log.clear()
    return account


def deploy(account: Ground, of_retained: OfRetained = OfRetained.ASK, *wanted: str, **more: Any) -> None:
    account.deploy(
        *wanted,
        retained=RetainedResources(store=account.shelf),
        of_retained=of_retained,
        wait=account.clock.wait,
        **more,
    )


def test_a_deployment_that_would_begin_with_empty_ones_says_what_was_left_and_what_to_type(left: Ground) -> None:
    with pytest.raises(ConflictError) as refused:
        deploy(left)
    assert "the table omnipub-table-7, the bucket omnipub-media-7" in refused.value.message
    assert "omnipub deploy --stage dev --adopt-retained" in str(refused.value.hint)
    assert "--leave-retained" in str(refused.value.hint)
    assert left.executed == []


def test_what_was_left_is_imported_before_anything_else_of_its_stack_is_made(left: Ground) -> None:
    deploy(left, OfRetained.ADOPT)
    assert left.stacks.imported == {DATA: {"Table": TABLE.physical, "Media": MEDIA.physical}}
    assert left.executed[:2] == ["Data", "Data"], "the import, and then the rest of the stack"
    assert left.stacks.stacks[DATA].status == "UPDATE_COMPLETE"
    assert sorted(left.executed[1:]) == sorted({*left.executed})
    assert json.loads(left.shelf.get(NAME)) == {}, "it is the stack's again"
    left.cdk.version = "2"
    deploy(left)


def test_the_import_is_of_those_resources_alone_as_the_stack_defines_them(left: Ground) -> None:
    seen: list[Any] = []
    bring_in = left.stacks.bring_in

    def looking(name: str, change_set: str, *, template: str, resources: Any) -> None:
        seen.append(json.loads(template))
        bring_in(name, change_set, template=template, resources=resources)

    left.stacks.bring_in = looking  # type: ignore[method-assign]
    deploy(left, OfRetained.ADOPT)
    (template,) = seen
    assert template == {
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"},
            "Media": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        }
    }


def test_one_that_is_gone_ends_the_deployment_and_everything_stays_remembered(left: Ground) -> None:
    left.stacks.account.discard(MEDIA.physical)
    with pytest.raises(DeploymentFailedError, match="omnipub-media-7 was not found") as failed:
        deploy(left, OfRetained.ADOPT)
    assert "--leave-retained" in str(failed.value.hint)
    assert left.executed == []
    assert (DATA, CHANGE_SET) not in left.stacks.sets
    with pytest.raises(ConflictError, match="omnipub-table-7"):
        deploy(left)


def test_one_that_the_stack_does_not_define_any_more_is_not_taken_back(left: Ground) -> None:
    remembered = RetainedResources(store=left.shelf)
    remembered.remember({"Data": [Resource(logical="Old", physical="old-table", kind="AWS::DynamoDB::Table")]})
    with pytest.raises(DeploymentFailedError, match="has no table Old any more, so old-table cannot be taken back"):
        deploy(left, OfRetained.ADOPT)
    assert left.executed == []


def test_what_is_left_on_purpose_stays_where_it_is(left: Ground) -> None:
    left.cdk.version = "2"
    deploy(left, OfRetained.LEAVE)
    assert left.stacks.imported == {}
    left.cdk.version = "3"
    deploy(left)
    assert left.executed.count("Data") == 2, "the stack has its own now: nobody is asked again"


def test_stacks_that_left_nothing_are_deployed_without_a_question(left: Ground) -> None:
    left.cdk.version = "2"
    deploy(left, OfRetained.ASK, "Security")
    assert left.executed == ["Security"]


def test_an_import_that_cloudformation_takes_back_is_tried_again(left: Ground) -> None:
    left.stacks.there(DATA, status="IMPORT_ROLLBACK_COMPLETE")
    with pytest.raises(ConflictError, match="omnipub-table-7"):
        deploy(left)
    deploy(left, OfRetained.ADOPT)
    assert left.stacks.stacks[DATA].status == "UPDATE_COMPLETE"


def test_another_runs_lock_keeps_it_from_importing(left: Ground) -> None:
    def lost() -> None:
        raise ConflictError("Another run took the lock.")

    with pytest.raises(ConflictError, match="Another run took the lock"):
        deploy(left, OfRetained.ADOPT, confirm=lost)
    assert left.executed == []
