"""What a change set would do, and whether it may.

Nothing that is kept for good is replaced or removed by the way.

Pure: the members of CloudFormation's `Changes` go in, a verdict comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from omnipub.errors import ConflictError
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.ports import ChangeSet

KEPT: Mapping[str, str] = {
    "AWS::Cognito::UserPool": "user pool",
    "AWS::DynamoDB::GlobalTable": "table",
    "AWS::DynamoDB::Table": "table",
    "AWS::KMS::Key": "key",
    "AWS::Kinesis::Stream": "stream",
    "AWS::S3::Bucket": "bucket",
}
"""Types whose loss no later deployment makes good, in words."""


class Fate(StrEnum):
    """What becomes of a resource."""

    ADD = "add"
    MODIFY = "modify"
    MAY_REPLACE = "may_replace"
    REPLACE = "replace"
    REMOVE = "remove"
    LET_GO = "let_go"
    """It leaves the stack and stays in the account."""
    IMPORT = "import"


LOSING = {Fate.MAY_REPLACE, Fate.REPLACE, Fate.REMOVE, Fate.LET_GO}

_NOTHING = ("didn't contain changes", "no updates are to be performed", "no changes")
_ACTIONS = {"Add": Fate.ADD, "Import": Fate.IMPORT, "Remove": Fate.REMOVE}
_REPLACEMENTS = {"True": Fate.REPLACE, "Conditional": Fate.MAY_REPLACE}
_WORDS = {
    Fate.MAY_REPLACE: "may be replaced by an empty one",
    Fate.REPLACE: "would be replaced by an empty one",
    Fate.REMOVE: "would be deleted",
    Fate.LET_GO: "would leave the stack",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a change set does to one resource; `because` names the properties that change."""

    logical: str
    physical: str
    kind: str
    fate: Fate
    because: Sequence[str] = ()

    @property
    def loses(self) -> bool:
        """Whether something would be lost that no later deployment makes good."""
        return self.kind in KEPT and self.fate in LOSING

    @property
    def sentence(self) -> str:
        """What would be lost, in words."""
        named = self.physical or self.logical
        because = f", because its {' and '.join(self.because)} changes" if self.because else ""
        return f"The {KEPT[self.kind]} {named} {_WORDS[self.fate]}{because}."


def changes(members: Iterable[Mapping[str, Any]]) -> Sequence[Change]:
    """The changes of a change set; hooks and the like change no resource."""
    return [_change(one["ResourceChange"]) for one in members if one.get("Type", "Resource") == "Resource"]


def losses(found: Iterable[Change]) -> Sequence[Change]:
    """Those that may not happen in passing."""
    return [one for one in found if one.loses]


def is_empty(found: ChangeSet) -> bool:
    """Whether a change set failed for no other reason than that there is nothing to do."""
    return found.status == "FAILED" and any(words in found.why.lower() for words in _NOTHING)


def changes_in(found: ChangeSet, name: str) -> Sequence[Change]:
    """What a change set of the stack `name` would change; nothing if there is nothing to do.

    Raises:
        DeploymentFailedError: CloudFormation could not make it.
    """
    if is_empty(found):
        return []
    if found.status != "CREATE_COMPLETE":
        raise DeploymentFailedError(
            f"CloudFormation cannot tell what would change in {name}: {found.why or found.status}",
            hint="Put it right and type the same command again.",
        )
    # Outputs alone can change too: a change set without a changed resource is still executed.
    return changes(found.changes) or [Change(logical="", physical="", kind="Outputs", fate=Fate.MODIFY)]


def refused(wrong: Sequence[Change]) -> ConflictError:
    """Why these changes are not made."""
    sentences = " ".join(one.sentence for one in wrong)
    return ConflictError(
        f"This would lose what is kept. {sentences} Of these stacks nothing was changed.",
        hint="Undo what causes it; or save the data first (`omnipub table export FILE`) and add --allow-replace.",
    )


def _change(described: Mapping[str, Any]) -> Change:
    fate = _ACTIONS.get(described["Action"]) or _REPLACEMENTS.get(described.get("Replacement", "False"), Fate.MODIFY)
    policy = described.get("PolicyAction", "")
    if fate is Fate.REMOVE and policy.startswith("Retain"):
        fate = Fate.LET_GO
    elif fate is Fate.MODIFY and policy.startswith("Replace"):
        fate = Fate.REPLACE
    targets = [detail.get("Target", {}) for detail in described.get("Details", ())]
    decisive = [one for one in targets if one.get("RequiresRecreation", "Never") != "Never"]
    names = [one.get("Name") or one.get("Attribute", "") for one in decisive or targets]
    return Change(
        logical=described["LogicalResourceId"],
        physical=described.get("PhysicalResourceId", ""),
        kind=described["ResourceType"],
        fate=fate,
        because=[name for name in dict.fromkeys(names) if name],
    )
