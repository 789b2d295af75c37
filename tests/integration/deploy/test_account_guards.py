"""What exists once per account and region is looked for before a stage makes it."""

from typing import Any

import pytest

from omnipub_cli.deployment.account_guards import settled
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.prerequisites import Standing
from omnipub_cli.deployment.target import GUARDS, Target

from .fakes import FakeFacts

DETECTOR = Resource(logical="Detector", physical="d-1", kind="AWS::GuardDuty::Detector")


def target(*guards: str) -> Target:
    return Target(stage="prod", region="us-east-1", context={"stage": "prod"}, guards=frozenset(guards))


def looked(facts: FakeFacts, *guards: str, own: Any = ()) -> tuple[Target, dict[str, Any]]:
    after, found = settled(target(*guards), facts, own)
    return after, {one.name: one for one in found}


def test_a_guard_that_somebody_else_turned_on_is_left_as_it_is() -> None:
    after, found = looked(FakeFacts(detector="d-9", hub="arn:hub", recorder="default"), *GUARDS)
    assert after.context == {"stage": "prod", **dict.fromkeys(GUARDS, "false")}
    assert after.guards == frozenset()
    assert found["GuardDuty"].what == "on already in this account and region (d-9); it is left as it is"
    assert {one.standing for one in found.values()} == {Standing.OK}


def test_a_guard_that_is_off_is_made_and_one_of_the_stage_itself_stays() -> None:
    after, found = looked(FakeFacts(detector="d-1"), "guardduty", "security_hub", own=[DETECTOR])
    assert after == target("guardduty", "security_hub")
    assert found["GuardDuty"].what == "this stage's own"
    assert found["Security Hub"].what == "off; this stage turns it on"


def test_what_nobody_asked_for_is_not_looked_at() -> None:
    after, found = looked(FakeFacts(refuse={"detectors", "hubs", "recorders"}))
    assert (after, found) == (target(), {})


@pytest.mark.parametrize("value", ["guardduty", "security_hub"])
def test_a_guard_that_may_not_be_asked_for_is_doubtful_and_says_how_to_leave_it_out(value: str) -> None:
    after, found = looked(FakeFacts(refuse={"detectors", "hubs"}), value)
    assert after == target(value)
    (one,) = found.values()
    assert one.standing is Standing.DOUBTFUL
    assert one.next == f"If it is on, add -c {value}=false"
