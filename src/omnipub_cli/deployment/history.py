"""What was deployed when: a record of each deployment, with the templates it replaced, beside CDK's own files on AWS.

A record is written before anything is changed, so an interrupted deployment has one too. The run that completes it
continues the same record. A rollback puts back the templates of the newest record that still has some to put back.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from omnipub.domain.timestamps import from_text, to_text
from omnipub.strict_json import loads
from omnipub_cli.deployment.ports import ObjectStore

LOOK_BACK = 20
"""Records a rollback looks through."""

_SUFFIX = ".json"


class DeploymentState(StrEnum):
    """How far a deployment came."""

    BEGUN = "begun"
    DONE = "done"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, kw_only=True)
class DeploymentRecord:
    """A deployment.

    Attributes:
        id: The moment it began, as names sort.
        by: ARN of whoever did it.
        version: What was deployed.
        before: The version that was there, "" if none is known.
        replaced: Stack's short name → address of the template it had.
        rollback_of: The deployment this one took back; "" for a deployment of its own.
    """

    id: str
    at: datetime
    by: str
    version: str
    before: str = ""
    state: DeploymentState = DeploymentState.BEGUN
    stacks: Sequence[str] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    rollback_of: str = ""

    @property
    def begun(self) -> str:
        """By whom and when, in words that follow `that`."""
        return f"{self.by} began at {self.at:%Y-%m-%d %H:%M:%S %Z}"


class DeploymentHistory:
    """The records of a stage."""

    def __init__(self, shelf: ObjectStore) -> None:
        self._shelf = shelf

    def last(self) -> DeploymentRecord | None:
        """The newest one."""
        return next(iter(self._newest(1)), None)

    def unfinished(self) -> DeploymentRecord | None:
        """The last deployment, if it has not come to its end: it was interrupted, or somebody runs it now."""
        last = self.last()
        return last if last and last.state is DeploymentState.BEGUN and not last.rollback_of else None

    def begin(self, *, now: datetime, by: str, version: str) -> DeploymentRecord:
        """A new record; or the last one again, if that deployment did not come to its end."""
        if left := self.unfinished():
            return replace(left, version=version, by=by)
        known = [one.version for one in self._newest(LOOK_BACK) if one.state is DeploymentState.DONE]
        id_ = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z"
        return DeploymentRecord(id=id_, at=now, by=by, version=version, before=next(iter(known), ""))

    def replacing(self, record: DeploymentRecord, short: str, template: str) -> DeploymentRecord:
        """The record, with the template that a stack has until now; the first one that is kept stays."""
        if short in record.replaced:
            return record
        address = self._shelf.put(f"{record.id}/{short}.template", template)
        return self.keep(replace(record, replaced={**record.replaced, short: address}))

    def keep(self, record: DeploymentRecord) -> DeploymentRecord:
        """Write it."""
        document = {name: getattr(record, name) for name in DeploymentRecord.__dataclass_fields__}
        document |= {"at": to_text(record.at), "stacks": list(record.stacks), "replaced": dict(record.replaced)}
        self._shelf.put(f"{record.id}{_SUFFIX}", json.dumps(document, indent=2))
        return record

    def to_roll_back(self) -> DeploymentRecord | None:
        """The newest deployment that replaced something and was not taken back."""
        undone = (one for one in self._newest(LOOK_BACK) if one.replaced and not one.rollback_of)
        return next((one for one in undone if one.state is not DeploymentState.ROLLED_BACK), None)

    def template(self, record: DeploymentRecord, short: str) -> str:
        """The template that a stack had before that deployment."""
        return self._shelf.get(f"{record.id}/{short}.template")

    def _newest(self, count: int) -> Sequence[DeploymentRecord]:
        return [_read(loads(self._shelf.get(name), lenient=True)) for name in self._shelf.newest(count)]


def _read(document: Mapping[str, Any]) -> DeploymentRecord:
    return DeploymentRecord(
        **{**document, "at": from_text(document["at"]), "state": DeploymentState(document["state"])}
    )
