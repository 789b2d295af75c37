"""GuardDuty, Security Hub and AWS Config exist once per account and region: a stage makes what nobody else has made.

A second one cannot be created: the stack Security would fail and be rolled back, its firewall with it. So each guard
that the stage's values ask for is looked for first. Where somebody else has turned it on, it is left to the account.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from omnipub.errors import OmnipubError
from omnipub_cli.deployment.account_facts import AccountFacts
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.prerequisites import Prerequisite, Standing
from omnipub_cli.deployment.target import Target


@dataclass(frozen=True, kw_only=True)
class AccountGuard:
    """What exists once per account and region; `value` is the stage's value that asks for it."""

    value: str
    name: str
    kind: str
    look: Callable[[AccountFacts], Sequence[str]]


GUARDS: Sequence[AccountGuard] = (
    AccountGuard(
        value="guardduty", name="GuardDuty", kind="AWS::GuardDuty::Detector", look=lambda facts: facts.detectors()
    ),
    AccountGuard(
        value="security_hub", name="Security Hub", kind="AWS::SecurityHub::Hub", look=lambda facts: facts.hubs()
    ),
    AccountGuard(
        value="config_recorder",
        name="AWS Config",
        kind="AWS::Config::ConfigurationRecorder",
        look=lambda facts: facts.recorders(),
    ),
)


def settled(target: Target, facts: AccountFacts, own: Sequence[Resource]) -> tuple[Target, Sequence[Prerequisite]]:
    """The target with the guards that it can make, and what was found of each.

    Args:
        target: The stage; its `guards` are the values that ask for one.
        facts: The account, in the stage's region.
        own: The resources of the stage's stack Security; none if there is no such stack.
    """
    found = {guard.value: _looked(guard, facts, own) for guard in GUARDS if guard.value in target.guards}
    left = {value for value, (_, left) in found.items() if left}
    return _without(target, left), [finding for finding, _ in found.values()]


def _without(target: Target, left: Collection[str]) -> Target:
    values: Mapping[str, str] = dict.fromkeys(left, "false")
    return replace(target, context={**target.context, **values}, guards=target.guards - set(left))


def _looked(guard: AccountGuard, facts: AccountFacts, own: Sequence[Resource]) -> tuple[Prerequisite, bool]:
    """What is there of a guard, and whether it is left to the account."""
    if any(one.kind == guard.kind for one in own):
        return Prerequisite(name=guard.name, what="this stage's own"), False
    try:
        there = guard.look(facts)
    except OmnipubError as error:
        what = f"Nobody could say whether {guard.name} is on in {_WHERE}, and a second one cannot be made: "
        return (
            Prerequisite(
                name=guard.name,
                standing=Standing.DOUBTFUL,
                what=f"{what}{error.message}",
                next=f"If it is on, add -c {guard.value}=false",
            ),
            False,
        )
    if there:
        return Prerequisite(name=guard.name, what=f"on already in {_WHERE} ({there[0]}); it is left as it is"), True
    return Prerequisite(name=guard.name, what="off; this stage turns it on"), False


_WHERE = "this account and region"
