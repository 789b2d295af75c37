"""Going back: the functions' stacks get the templates of before, and nothing that is kept moves."""

from dataclasses import replace

import pytest

from omnipub.errors import ConflictError, NotFoundError
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.history import DeploymentState
from omnipub_cli.deployment.rollback import Rollback

from .conftest import Ground
from .fakes import CALLER


def going_back(account: Ground) -> Rollback:
    return Rollback(
        stage="dev",
        region="us-east-1",
        stacks=account.stacks,
        records=account.records,
        by=CALLER.arn,
        now=account.clock.now,
        wait=account.clock.wait,
        follower=account.follower,
        say=account.said.append,
    )


def back(account: Ground) -> Rollback:
    run = going_back(account)
    run.run(run.find())
    account.clock.wait(1)
    return run


@pytest.fixture
def twice(account: Ground) -> Ground:
    account.deploy()
    account.cdk.version = "2"
    account.deploy()
    account.stacks.log.clear()
    return account


def test_the_functions_get_the_templates_of_before_those_that_stand_on_others_first(twice: Ground) -> None:
    run = back(twice)
    assert twice.executed == run.changed == ["Worker", "Api", "Scheduler"]
    for short in run.changed:
        assert '"Description": "1"' in twice.stacks.templates[f"Omnichannel{short}Stack-dev"]


def test_what_is_kept_does_not_move(twice: Ground) -> None:
    back(twice)
    for short in ("Data", "Auth", "Frontend"):
        assert '"Description": "2"' in twice.stacks.templates[f"Omnichannel{short}Stack-dev"]


def test_the_record_says_which_version_runs_again(twice: Ground) -> None:
    back(twice)
    last = twice.records.last()
    assert last is not None
    assert (last.version, last.before, last.state) == ("0.1.0+1", "0.1.0+2", DeploymentState.DONE)


def test_a_first_deployment_cannot_be_taken_back(account: Ground) -> None:
    account.deploy()
    with pytest.raises(NotFoundError, match="No deployment of stage dev replaced a bundle"):
        going_back(account).find()


def test_what_was_deployed_before_the_stage_was_destroyed_is_not_put_back(twice: Ground) -> None:
    assert going_back(twice).find().version == "0.1.0+2"
    twice.clock.wait(60)
    for name, stack in twice.stacks.stacks.items():  # destroyed, and deployed anew
        twice.stacks.stacks[name] = replace(stack, created_at=twice.clock.now())
    with pytest.raises(NotFoundError, match="No deployment of stage dev replaced a bundle"):
        going_back(twice).find()
    twice.clock.wait(60)
    twice.cdk.version = "3"
    twice.deploy()
    assert going_back(twice).find().version == "0.1.0+3"


def test_a_deployment_is_taken_back_once_and_the_next_time_the_one_before_it(twice: Ground) -> None:
    twice.cdk.version = "3"
    twice.deploy()
    assert going_back(twice).find().version == "0.1.0+3"
    back(twice)
    assert going_back(twice).find().version == "0.1.0+2"
    back(twice)
    with pytest.raises(NotFoundError):
        going_back(twice).find()
    assert '"Description": "1"' in twice.stacks.templates["OmnichannelApiStack-dev"]


def test_a_rollback_that_failed_is_typed_again(twice: Ground) -> None:
    twice.stacks.failing["OmnichannelApiStack-dev"] = "No."
    with pytest.raises(DeploymentFailedError, match="OmnichannelApiStack-dev ended as UPDATE_ROLLBACK_COMPLETE"):
        back(twice)
    run = back(twice)
    assert run.changed == ["Api", "Scheduler"]
    assert "OmnichannelWorkerStack-dev is as it was already." in twice.said


def test_after_a_rollback_the_next_deployment_is_one_of_its_own(twice: Ground) -> None:
    back(twice)
    twice.deploy()
    assert '"Description": "2"' in twice.stacks.templates["OmnichannelApiStack-dev"]
    assert going_back(twice).find().before == "0.1.0+1"


def test_nothing_goes_back_while_a_stack_is_being_changed(twice: Ground) -> None:
    twice.stacks.begin("OmnichannelApiStack-dev", token="x", template=None, made=False)
    with pytest.raises(ConflictError, match="OmnichannelApiStack-dev is UPDATE_IN_PROGRESS"):
        back(twice)
    assert twice.stacks.log == []


def test_what_would_misread_the_items_of_now_is_not_put_back(twice: Ground) -> None:
    stack = twice.stacks.stacks["OmnichannelWorkerStack-dev"]
    twice.stacks.stacks[stack.name] = replace(stack, outputs={"Schema": "of another release"})
    twice.stacks.log.clear()
    with pytest.raises(ConflictError, match="would misread what has been written since"):
        back(twice)
    assert twice.executed == []


def test_functions_of_another_meaning_are_not_deployed_over_what_runs(twice: Ground) -> None:
    stack = twice.stacks.stacks["OmnichannelSchedulerStack-dev"]
    twice.stacks.stacks[stack.name] = replace(stack, outputs={"Schema": "of another release"})
    twice.stacks.log.clear()
    twice.cdk.version = "3"
    with pytest.raises(ConflictError, match="each misreads what the other writes"):
        twice.deploy()
    assert twice.executed == []
    twice.deploy(allow_schema_change=True)
    assert "Scheduler" in twice.executed
