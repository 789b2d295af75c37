"""What a deployment would change, told without changing it: change sets are made, read, and deleted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnipub.strict_json import loads
from omnipub_cli.deployment import stack_state
from omnipub_cli.deployment.assembly import PlannedStack
from omnipub_cli.deployment.change_impact import Change, Fate
from omnipub_cli.deployment.deploy import Deployment, Plan
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.stack_state import StackReadiness


@dataclass(frozen=True, kw_only=True)
class ChangePreview:
    """What would change.

    Attributes:
        new: Stacks that are not there yet; everything in them is new.
        untold: Stacks whose changes nobody can tell yet, with the reason.
    """

    plan: Plan
    new: Sequence[str]
    untold: Mapping[str, str]


def foretell(run: Deployment, wanted: Sequence[str], folder: Path) -> ChangePreview:
    """What `run` would change; nothing of it stays behind but files in CDK's bucket."""
    run.check(wanted)
    assembly = run.assembly(folder / "assembly", run.known_site())
    plan: dict[str, Sequence[Change]] = {}
    new: list[str] = []
    untold: dict[str, str] = {}
    for group in run.groups(wanted, assembly):
        there = [one for one in group if _is_there(run, one)]
        for one in group:
            if one not in there:
                plan[one.short] = added(loads(one.template.read_text(), lenient=True))
                if plan[one.short]:  # a stack without resources is not deployed
                    new.append(one.short)
        for one in there:
            try:
                plan |= run.plan([one], assembly)
            except DeploymentFailedError as error:
                untold[one.short] = error.message
            finally:
                run.forget([one])
    return ChangePreview(plan=plan, new=new, untold=untold)


def added(template: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Sequence[Change]:
    """Every resource of a template, as new; pure."""
    return [
        Change(logical=name, physical="", kind=one["Type"], fate=Fate.ADD)
        for name, one in template.get("Resources", {}).items()
        if one["Type"] != "AWS::CDK::Metadata"
    ]


def _is_there(run: Deployment, one: PlannedStack) -> bool:
    return stack_state.ground(run.stacks(one.region).find(one.name)) is not StackReadiness.ABSENT
