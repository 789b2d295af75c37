"""The JSON Schema of what each command prints with --json, derived from the types of the documents.

Moments are UTC in ISO 8601 with milliseconds; `due_local` is the same moment in this machine's zone.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from omnipub.errors import NotFoundError
from omnipub.services.messages.message_json import ShownCertificationJson, ShownMessageJson
from omnipub_cli.output.json_documents import connection_documents as connections
from omnipub_cli.output.json_documents import cost_documents as cost
from omnipub_cli.output.json_documents import deployment_documents as deployments
from omnipub_cli.output.json_documents import machine_documents as machine
from omnipub_cli.output.json_documents import message_documents as messages
from omnipub_cli.output.json_documents import notify_documents as notify
from omnipub_cli.output.json_documents import table_documents as table

Schema = dict[str, Any]

DOCUMENTS: Mapping[str, type] = MappingProxyType(
    {
        "messages create": messages.CreatedByCommandJson,
        "messages list": messages.MessageListJson,
        "messages show": ShownMessageJson,
        "messages edit": messages.EditedJson,
        "messages stuck": messages.StuckJson,
        "messages watch": messages.WatchedJson,
        "messages cancel": messages.BulkChangeJson,
        "messages retry": messages.BulkChangeJson,
        "messages reconcile": messages.ReconciledJson,
        "messages dismiss": messages.BulkChangeJson,
        "messages mark-published": messages.ChangedJson,
        "messages validate": messages.ValidatedJson,
        "messages preview": messages.PreviewedJson,
        "messages import": messages.ImportedJson,
        "messages export": messages.ExportedJson,
        "messages unpublish": messages.UnpublishedJson,
        "certs announce": messages.CreatedByCommandJson,
        "certs list": messages.CertificationListJson,
        "certs show": ShownCertificationJson,
        "certs types": messages.CertificationTypesJson,
        "schedule list": messages.ScheduleListJson,
        "schedule pause": messages.PausesJson,
        "schedule resume": messages.ResumedJson,
        "schedule run-now": messages.RunNowJson,
        "stream stats": table.StreamStatsJson,
        "stream tail": table.StreamTailJson,
        "stream replay": table.ReplayedJson,
        "pause": messages.PausesJson,
        "resume": messages.ResumedJson,
        "channels list": connections.ChannelListJson,
        "channels limits": connections.ChannelLimitsJson,
        "completion": machine.CompletionJson,
        "doctor": machine.DoctorJson,
        "notify set": notify.NoticeTargetJson,
        "notify test": notify.NoticeTestListJson,
        "notify list": notify.NoticeTargetListJson,
        "notify remove": notify.NoticeTargetJson,
        "connections connect": connections.ConnectedJson,
        "connections list": connections.ConnectionListJson,
        "connections show": connections.ShownConnectionJson,
        "connections test": connections.ConnectionTestsJson,
        "connections refresh": connections.RefreshedJson,
        "connections disconnect": connections.DisconnectedJson,
        "table seed": table.SeededJson,
        "table unseed": table.UnseededJson,
        "table inspect": table.InspectedJson,
        "table stats": table.TableStatsJson,
        "table verify": table.VerifiedJson,
        "table export": table.ExportedTableJson,
        "table import": table.ImportedTableJson,
        "table backup": table.BackupJson,
        "table restore": table.RestoredJson,
        "table adopt": table.AdoptedJson,
        "deploy": deployments.DeployedJson,
        "diff": deployments.DiffJson,
        "status": deployments.StageStatusJson,
        "outputs": deployments.StageOutputsJson,
        "cost": cost.CostJson,
        "logs tail": deployments.LogsJson,
        "users create": deployments.UserWithGroupsJson,
        "users list": deployments.UserListJson,
        "users show": deployments.UserWithGroupsJson,
        "users disable": deployments.UserWithGroupsJson,
        "users add-to-group": deployments.UserWithGroupsJson,
        "rollback": deployments.RolledBackJson,
        "destroy": deployments.DestroyedJson,
        "up": machine.UpJson,
        "demo": machine.DemoJson,
    }
)
"""Command → the type of its document."""


_LEFT_OUT = {"$defs", "description", "title"}
"""Keywords of pydantic's schemas that say nothing about what is printed."""


class _ClosedObjects(GenerateJsonSchema):
    """Documents have exactly the fields of their types."""

    def typed_dict_schema(self, schema: Any) -> Schema:
        """An object that allows no other field."""
        return {**super().typed_dict_schema(schema), "additionalProperties": False}


def json_schema(command: str) -> Schema:
    """The schema of what `omnipub <command> --json` prints.

    Raises:
        NotFoundError: There is no such command.
    """
    if command not in DOCUMENTS:
        raise NotFoundError(f"There is no command '{command}'.", hint=f"There are: {', '.join(DOCUMENTS)}.")
    return schema_of(DOCUMENTS[command])


@cache
def schema_of(document: type) -> Schema:
    """The schema of a document, in one piece: without references, titles and descriptions."""
    schema = TypeAdapter(document).json_schema(schema_generator=_ClosedObjects)
    plain: Schema = _plain(schema, schema.get("$defs", {}))
    return plain


def _plain(node: Any, definitions: Mapping[str, Any]) -> Any:
    """A part of a schema with every reference replaced by what it refers to."""
    if isinstance(node, list):
        return [_plain(one, definitions) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rpartition("/")[2]], definitions)
    return {
        keyword: {name: _plain(one, definitions) for name, one in value.items()}
        if keyword == "properties"
        else _plain(value, definitions)
        for keyword, value in node.items()
        if keyword not in _LEFT_OUT
    }
