"""CloudFormation in one region, through boto3."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from omnipub.errors import ConflictError
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.ports import ChangeSet, DriftedResource, Resource, Stack, StackEvent

_WHAT = "CloudFormation"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_INLINE = 51_200
"""Bytes of a template that CloudFormation takes in a request; a longer one it fetches from a bucket."""


class CloudFormation:
    """The stacks of one region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, name: str) -> Stack | None:
        """The stack, None if there is none."""
        with translated_errors(_WHAT):
            answer = _unless_absent(self._client.describe_stacks, StackName=name)
        return _stack(answer["Stacks"][0]) if answer and answer["Stacks"] else None

    def events(self, name: str, *, since: datetime) -> Sequence[StackEvent]:
        """What happened at `since` and later, the oldest first."""
        found: list[StackEvent] = []
        token: dict[str, str] = {}
        while True:
            with translated_errors(_WHAT):
                answer = _unless_absent(self._client.describe_stack_events, StackName=name, **token) or {}
            page = [_event(one) for one in answer.get("StackEvents", ())]
            found += [one for one in page if one.at >= since]
            if not answer.get("NextToken") or (page and page[-1].at < since):
                return found[::-1]
            token = {"NextToken": answer["NextToken"]}

    def resources(self, name: str) -> Sequence[Resource]:
        """What the stack consists of."""
        with translated_errors(_WHAT):
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name)
            return [
                Resource(
                    logical=one["LogicalResourceId"],
                    physical=one.get("PhysicalResourceId", ""),
                    kind=one["ResourceType"],
                )
                for page in pages
                for one in page["StackResourceSummaries"]
                if one.get("ResourceStatus") != "DELETE_COMPLETE"  # CloudFormation lists what is gone, too
            ]

    def template(self, name: str) -> str:
        """The template it was deployed with."""
        import json

        with translated_errors(_WHAT):
            body = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def change_set(self, name: str, change_set: str) -> ChangeSet | None:
        """What that change set would do, None if there is none."""
        changes: list[Any] = []
        token: dict[str, str] = {}
        while True:
            with translated_errors(_WHAT):
                answer = _unless_absent(
                    self._client.describe_change_set, StackName=name, ChangeSetName=change_set, **token
                )
            if answer is None:
                return None
            changes += answer.get("Changes", ())
            if not answer.get("NextToken"):
                return ChangeSet(
                    status=answer["Status"],
                    why=answer.get("StatusReason", ""),
                    id=answer.get("ChangeSetId", ""),
                    changes=changes,
                )
            token = {"NextToken": answer["NextToken"]}

    def forget(self, name: str, change_set: str) -> None:
        """Delete a change set; one that is not there is none to delete."""
        with translated_errors(_WHAT):
            _unless_absent(self._client.delete_change_set, StackName=name, ChangeSetName=change_set)

    def create(self, stack: Stack, change_set: str, *, template: str, address: str) -> None:
        """Begin a change set that puts `template` in place, with the stack's own parameters, tags and role."""
        where = {"TemplateBody": template} if len(template.encode()) <= _INLINE else {"TemplateURL": address}
        role = {"RoleARN": stack.role} if stack.role else {}
        with translated_errors(_WHAT):
            self._client.create_change_set(
                StackName=stack.name,
                ChangeSetName=change_set,
                ChangeSetType="UPDATE",
                Capabilities=_CAPABILITIES,
                Parameters=[{"ParameterKey": one, "UsePreviousValue": True} for one in stack.parameters],
                Tags=[dict(one) for one in stack.tags],
                **where,
                **role,
            )

    def bring_in(self, name: str, change_set: str, *, template: str, resources: Sequence[Mapping[str, Any]]) -> None:
        """Begin a change set that makes a stack of resources that are there; it changes none of them."""
        with translated_errors(_WHAT):
            self._client.create_change_set(
                StackName=name,
                ChangeSetName=change_set,
                ChangeSetType="IMPORT",
                TemplateBody=template,
                ResourcesToImport=[dict(one) for one in resources],
            )

    def execute(self, name: str, change_set: str, *, token: str) -> None:
        """Execute a change set, named by its name or its ARN.

        `token` comes back in its events.

        Raises:
            ConflictError: It is not there any more: another deployment put its own in its place.
        """
        with translated_errors(_WHAT):
            done = _unless_absent(
                self._client.execute_change_set, StackName=name, ChangeSetName=change_set, ClientRequestToken=token
            )
        if done is None:
            raise ConflictError(
                f"Another deployment of {name} was begun meanwhile, so this one left the stack as it is.",
                hint="See who: `omnipub status`; type the same again when that one has ended.",
            )

    def delete(self, name: str, *, token: str) -> None:
        """Begin to delete a stack."""
        with translated_errors(_WHAT):
            self._client.delete_stack(StackName=name, ClientRequestToken=token)

    def unprotect(self, name: str) -> None:
        """Let a stack be deleted."""
        with translated_errors(_WHAT):
            self._client.update_termination_protection(StackName=name, EnableTerminationProtection=False)

    def detect_drift(self, name: str) -> str:
        """Begin to compare a stack with what is there; the comparison's id."""
        with translated_errors(_WHAT):
            return str(self._client.detect_stack_drift(StackName=name)["StackDriftDetectionId"])

    def comparison(self, id_: str) -> tuple[str, str]:
        """How that goes (DETECTION_IN_PROGRESS, DETECTION_COMPLETE or DETECTION_FAILED), and why it failed."""
        with translated_errors(_WHAT):
            answer = self._client.describe_stack_drift_detection_status(StackDriftDetectionId=id_)
        return answer["DetectionStatus"], answer.get("DetectionStatusReason", "")

    def drifted(self, name: str) -> Sequence[DriftedResource]:
        """What the last comparison of a stack found to differ."""
        found: list[DriftedResource] = []
        token: dict[str, str] = {}
        while True:
            with translated_errors(_WHAT):
                answer = self._client.describe_stack_resource_drifts(
                    StackName=name, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
                )
            found += [_drifted(one) for one in answer["StackResourceDrifts"]]
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}


def _unless_absent(call: Any, **asked_for: Any) -> Any:
    """The answer, or None if CloudFormation says that there is no such stack or change set."""
    from botocore.exceptions import ClientError

    try:
        return call(**asked_for)
    except ClientError as error:
        answer = error.response.get("Error", {})
        missing = answer.get("Code") == "ValidationError" and "does not exist" in answer.get("Message", "")
        if missing or answer.get("Code") in {"ChangeSetNotFound", "ChangeSetNotFoundException"}:
            return None
        raise


def _stack(answer: Any) -> Stack:
    return Stack(
        name=answer["StackName"],
        status=answer["StackStatus"],
        why=answer.get("StackStatusReason", ""),
        changed_at=answer.get("LastUpdatedTime") or answer.get("CreationTime"),
        created_at=answer.get("CreationTime"),
        drift=answer.get("DriftInformation", {}).get("StackDriftStatus", "NOT_CHECKED"),
        protected=bool(answer.get("EnableTerminationProtection", False)),
        role=answer.get("RoleARN", ""),
        outputs={one["OutputKey"]: one["OutputValue"] for one in answer.get("Outputs", ())},
        parameters=[one["ParameterKey"] for one in answer.get("Parameters", ())],
        tags=answer.get("Tags", ()),
    )


def _drifted(answer: Any) -> DriftedResource:
    return DriftedResource(
        logical=answer["LogicalResourceId"],
        physical=answer.get("PhysicalResourceId", ""),
        kind=answer["ResourceType"],
        how=answer["StackResourceDriftStatus"],
        because=[one["PropertyPath"] for one in answer.get("PropertyDifferences", ())],
    )


def _event(answer: Any) -> StackEvent:
    return StackEvent(
        id=answer["EventId"],
        at=answer["Timestamp"],
        logical=answer.get("LogicalResourceId", ""),
        kind=answer.get("ResourceType", ""),
        status=answer.get("ResourceStatus", ""),
        why=answer.get("ResourceStatusReason", ""),
        token=answer.get("ClientRequestToken", ""),
    )
