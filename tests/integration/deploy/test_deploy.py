"""A deployment over an account in memory: order, refusals, resuming, and the site that learns its own address."""

from dataclasses import replace
from typing import Any

import pytest

from omnipub.errors import ConfigurationError, ConflictError
from omnipub_cli.deployment.change_preview import foretell
from omnipub_cli.deployment.deploy import CHANGE_SET
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.history import DeploymentState
from omnipub_cli.deployment.target import Target

from .conftest import Ground
from .fakes import AFTER, CALLER, modified

SITE = "https://d111111abcdef8.cloudfront.net"
TABLE = modified(
    "Table",
    "AWS::DynamoDB::Table",
    Replacement="True",
    Details=[{"Target": {"Name": "KeySchema", "RequiresRecreation": "Always"}}],
)


def test_every_stack_is_deployed_after_those_it_stands_on(account: Ground) -> None:
    account.deploy()
    assert sorted(account.executed) == sorted(AFTER)
    for short, after in AFTER.items():
        assert all(account.executed.index(one) < account.executed.index(short) for one in after)


def test_stacks_that_stand_on_the_same_go_side_by_side(account: Ground) -> None:
    account.deploy()
    assert [len(group) for group in account.cdk.prepared] == [3, 1, 2, 2]


def test_progress_is_told_of_each_stack_while_it_changes(account: Ground) -> None:
    account.deploy("Data")
    assert [(one.short, one.status) for (one,) in account.seen] == [
        ("Data", "CREATE_IN_PROGRESS"),
        ("Data", "CREATE_IN_PROGRESS"),
        ("Data", "CREATE_COMPLETE"),
    ]
    assert account.seen[-1][0].done == account.seen[-1][0].total == 1


def test_what_is_as_it_should_be_is_not_touched(account: Ground) -> None:
    account.deploy()
    account.stacks.log.clear()
    run = account.deploy()
    assert account.stacks.log == []
    assert run.changed == []
    assert account.stacks.sets == {}


def test_only_the_stacks_that_are_named_are_deployed(account: Ground) -> None:
    account.deploy()
    account.stacks.log.clear()
    account.cdk.version = "2"
    account.deploy("Api")
    assert account.executed == ["Api"]


def test_a_change_set_that_replaces_the_table_is_refused_before_anything_is_changed(account: Ground) -> None:
    account.deploy()
    account.stacks.log.clear()
    account.cdk.version = "2"
    account.cdk.changes["Data"] = [modified("Function"), TABLE]
    with pytest.raises(
        ConflictError, match="The table Table-1 would be replaced by an empty one, because its KeySchema"
    ):
        account.deploy()
    assert account.stacks.log == []
    assert account.stacks.sets == {}, "no change set is left behind that somebody might execute"


def test_what_is_lost_on_purpose_is_lost(account: Ground) -> None:
    account.deploy()
    account.cdk.version = "2"
    account.cdk.changes["Data"] = [TABLE]
    account.deploy(allow_replace=True)
    assert account.executed.count("Data") == 2


def test_what_is_not_approved_leaves_no_change_sets(account: Ground) -> None:
    def no(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account.deploy(approve=no)
    assert account.executed == []
    assert account.stacks.sets == {}


def test_a_failed_stack_says_what_failed_first_and_what_to_type(account: Ground) -> None:
    account.stacks.failing["OmnichannelSchedulerStack-dev"] = "The role cannot be assumed."
    with pytest.raises(DeploymentFailedError) as failed:
        account.deploy()
    assert failed.value.message == (
        "OmnichannelSchedulerStack-dev ended as ROLLBACK_COMPLETE: Function (AWS::Lambda::Function): "
        "The role cannot be assumed."
    )
    assert "omnipub destroy Scheduler --stage dev" in failed.value.hint
    assert "Api" not in account.executed


def test_after_a_failure_the_same_command_goes_on_where_it_ended(account: Ground) -> None:
    account.deploy()
    account.cdk.version = "2"
    account.stacks.failing["OmnichannelApiStack-dev"] = "No."
    with pytest.raises(DeploymentFailedError):
        account.deploy()
    begun = account.records.last()
    assert begun is not None
    assert begun.state is DeploymentState.BEGUN
    account.stacks.log.clear()
    account.deploy()
    assert account.executed[0] == "Api"
    assert {"Data", "Auth", "Scheduler", "Worker"}.isdisjoint(account.executed)
    assert account.records.last() == replace(
        begun,
        state=DeploymentState.DONE,
        stacks=account.records.last().stacks,
        replaced=account.records.last().replaced,
    ), "both runs are one deployment"


def test_a_rollback_after_a_resumed_deployment_knows_the_templates_of_before_both_runs(account: Ground) -> None:
    account.deploy()
    before = account.stacks.templates["OmnichannelSchedulerStack-dev"]
    account.cdk.version = "2"
    account.stacks.failing["OmnichannelApiStack-dev"] = "No."
    with pytest.raises(DeploymentFailedError):
        account.deploy()
    account.cdk.version = "3"
    account.deploy()
    record = account.records.to_roll_back()
    assert record is not None
    assert account.records.template(record, "Scheduler") == before
    assert sorted(record.replaced) == ["Api", "Scheduler", "Worker"]


def test_what_an_earlier_run_of_ours_still_changes_is_waited_for(account: Ground) -> None:
    account.deploy()
    account.stacks.begin("OmnichannelApiStack-dev", token="omnipub-x", template=None, made=False)
    account.deploy()
    assert "An earlier run is still changing OmnichannelApiStack-dev; this one waits for it." in account.said


def test_a_run_that_goes_on_says_with_what_and_who_began_it(account: Ground) -> None:
    account.stacks.failing["OmnichannelAuthStack-dev"] = "No."
    with pytest.raises(DeploymentFailedError):
        account.deploy()
    del account.stacks.stacks["OmnichannelAuthStack-dev"]
    account.said.clear()
    account.stacks.begin("OmnichannelDataStack-dev", token="omnipub-x", template=None, made=False)
    account.deploy()
    began = f"deployment that {CALLER.arn} began at 2026-11-23 12:00:00 UTC"
    assert f"The {began} is still changing OmnichannelDataStack-dev; this one waits for it." in account.said
    assert f"Going on with the {began} and that has not come to its end." in account.said


def test_only_the_change_set_that_was_judged_is_executed(account: Ground) -> None:
    def another_run_proposes(_: object) -> None:
        account.stacks.propose("OmnichannelDataStack-dev", CHANGE_SET, "theirs", [TABLE])

    with pytest.raises(ConflictError, match="Another deployment of OmnichannelDataStack-dev was begun meanwhile"):
        account.deploy("Data", approve=another_run_proposes)
    assert account.executed == []


def test_what_was_begun_comes_to_rest_before_a_refusal_of_another_is_told(account: Ground) -> None:
    def another_run_proposes(_: object) -> None:
        account.stacks.propose("OmnichannelAuthStack-dev", CHANGE_SET, "theirs", [TABLE])

    with pytest.raises(ConflictError, match="OmnichannelAuthStack-dev"):
        account.deploy("Data", "Auth", approve=another_run_proposes)
    assert account.stacks.stacks["OmnichannelDataStack-dev"].status == "CREATE_COMPLETE"


def test_what_somebody_else_changes_is_left_alone(account: Ground) -> None:
    account.deploy()
    account.stacks.log.clear()
    account.stacks.begin("OmnichannelApiStack-dev", token="Console-1", template=None, made=False)
    with pytest.raises(
        ConflictError, match="Somebody else is changing OmnichannelApiStack-dev: UPDATE_IN_PROGRESS"
    ) as busy:
        account.deploy()
    assert "omnipub status --stage dev" in busy.value.hint
    assert account.stacks.log == []


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("ROLLBACK_COMPLETE", "omnipub destroy Api --stage dev"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name OmnichannelApiStack-dev"),
        ("DELETE_FAILED", "omnipub destroy Api --stage dev"),
    ],
)
def test_a_stack_that_needs_somebody_first_says_what_to_type(account: Ground, status: str, command: str) -> None:
    account.stacks.there("OmnichannelApiStack-dev", status=status)
    with pytest.raises(ConflictError) as broken:
        account.deploy()
    assert broken.value.message.startswith("OmnichannelApiStack-dev ")
    assert status in broken.value.message
    assert command in broken.value.hint
    assert account.cdk.contexts == [], "nothing is synthesised for a deployment that cannot begin"


def test_without_a_domain_sign_in_learns_the_distributions_address_in_the_same_run(account: Ground) -> None:
    account.stacks.outputs["OmnichannelFrontendStack-dev"] = {"Site": SITE}
    account.deploy()
    assert account.executed[-1] == "Auth"
    assert SITE in account.stacks.templates["OmnichannelAuthStack-dev"]
    account.stacks.log.clear()
    account.deploy()
    assert account.stacks.log == [], "the next run knows it from the start"


def test_with_a_domain_nothing_is_learned(account: Ground) -> None:
    account.stacks.outputs["OmnichannelFrontendStack-dev"] = {"Site": "https://publish.example.com"}
    context = {"stage": "dev", "domain": "publish.example.com"}
    account.deploy(target=Target(stage="dev", region="us-east-1", context=context))
    assert account.executed.count("Auth") == 1


def test_a_stale_change_set_is_never_executed(account: Ground) -> None:
    account.deploy()
    account.stacks.propose("OmnichannelDataStack-dev", CHANGE_SET, "another", [TABLE])
    account.stacks.log.clear()
    account.deploy()
    assert account.stacks.log == []


def test_a_run_that_is_stopped_knows_what_goes_on_without_it(account: Ground) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    account.clock.on_wait.append(stop)
    run = account.deployment()
    with pytest.raises(KeyboardInterrupt):
        run.run(("Data", "Auth", "Scheduler"), account.folder / "x")
    assert run.going == ["OmnichannelDataStack-dev", "OmnichannelAuthStack-dev"]


def test_a_stack_that_has_ended_does_not_go_on_without_a_stopped_run(account: Ground) -> None:
    def stop() -> None:
        if account.stacks.stacks["OmnichannelDataStack-dev"].status == "CREATE_COMPLETE":
            raise KeyboardInterrupt
        account.stacks.running["OmnichannelAuthStack-dev"].looks = 5

    account.clock.on_wait.append(stop)
    run = account.deployment()
    with pytest.raises(KeyboardInterrupt):
        run.run(("Data", "Auth"), account.folder / "x")
    assert run.going == ["OmnichannelAuthStack-dev"]


def test_a_run_that_cannot_ask_aws_any_more_says_what_goes_on_without_it(account: Ground) -> None:
    def expire() -> None:
        raise ConfigurationError("The credentials for AWS have expired.")

    account.clock.on_wait.append(expire)
    with pytest.raises(ConfigurationError, match="have expired"):
        account.deploy("Data")
    assert account.said[-1] == "CloudFormation goes on with OmnichannelDataStack-dev; the same command waits for it."


def test_a_run_that_is_stopped_while_it_prepares_leaves_no_change_set(account: Ground) -> None:
    prepare = account.cdk.prepare

    def stopped(*what: Any, **more: Any) -> None:
        prepare(*what, **more)
        raise KeyboardInterrupt

    account.cdk.prepare = stopped  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        account.deploy("Data", "Auth")
    assert account.stacks.sets == {}


def test_foretelling_changes_nothing_and_leaves_no_change_set(account: Ground) -> None:
    account.deploy()
    account.stacks.log.clear()
    account.cdk.version = "2"
    del account.stacks.stacks["OmnichannelMonitoringStack-dev"]
    found = foretell(account.deployment(), ("Data", "Api", "Monitoring"), account.folder / "x")
    assert found.new == ["Monitoring"]
    assert [one.logical for one in found.plan["Data"]] == ["Function"]
    assert account.stacks.log == []
    assert account.stacks.sets == {}
