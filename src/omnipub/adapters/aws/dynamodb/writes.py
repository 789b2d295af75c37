"""Writes and their conditions as DynamoDB takes them, and what its refusals mean."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.dynamodb.values import to_attributes
from omnipub.adapters.aws.errors import code_of
from omnipub.names import VERSION
from omnipub.ports.table import (
    Absent,
    Condition,
    ConditionCheck,
    ConditionFailedError,
    Delete,
    Key,
    Put,
    Unchanged,
    Write,
)
from omnipub.storage.schema import PARTITION, SORT, WRITE_LIMIT

_REFUSED = "ConditionalCheckFailed"

_HINDERED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons for which a transaction was cancelled before anything was decided about it."""

_IN_CONFLICT = "TransactionConflictException"
"""A single write met a transaction under way."""


def key_attributes(key: Key) -> dict[str, Any]:
    """A primary key."""
    return to_attributes({PARTITION: key.pk, SORT: key.sk})


def key_of(write: Write) -> Key:
    """The item that a write is about."""
    return Key(write.item[PARTITION], write.item[SORT]) if isinstance(write, Put) else write.key


def condition_parameters(condition: Condition | None) -> dict[str, Any]:
    """The condition of a write."""
    match condition:
        case Absent():
            return {
                "ConditionExpression": "attribute_not_exists(#partition)",
                "ExpressionAttributeNames": {"#partition": PARTITION},
            }
        case Unchanged(version=version):
            return {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": VERSION},
                "ExpressionAttributeValues": to_attributes({":version": version}),
            }
        case None:
            return {}


def transaction(writes: Sequence[Write], table: str) -> list[dict[str, Any]]:
    """The items of a transaction.

    Raises:
        ValueError: Too many, none, or two about one item.
    """
    if not 0 < len(writes) <= WRITE_LIMIT:
        raise ValueError(f"a transaction has 1 to {WRITE_LIMIT} writes, not {len(writes)}")
    if len({key_of(write) for write in writes}) < len(writes):
        raise ValueError("a transaction writes each item once")
    return [_part(write, {"TableName": table} | condition_parameters(write.condition)) for write in writes]


def bulk(write: Put | Delete) -> dict[str, Any]:
    """One write of a batch."""
    if isinstance(write, Put):
        return {"PutRequest": {"Item": to_attributes(write.item)}}
    return {"DeleteRequest": {"Key": key_attributes(write.key)}}


def refusal(error: ClientError) -> ConditionFailedError | None:
    """Which conditions did not hold, if that is what the answer says."""
    if code_of(error) == "ConditionalCheckFailedException":
        return ConditionFailedError([0])
    failed = [number for number, reason in enumerate(_reasons(error)) if reason == _REFUSED]
    return ConditionFailedError(failed) if failed else None


def is_hindered(error: ClientError) -> bool:
    """Whether nothing was written since somebody else was writing there, or too much: worth the same try again."""
    reasons = {reason for reason in _reasons(error) if reason != "None"}
    return code_of(error) == _IN_CONFLICT or bool(reasons and reasons <= _HINDERED)


def _part(write: Write, parameters: dict[str, Any]) -> dict[str, Any]:
    match write:
        case Put(item=item):
            return {"Put": {"Item": to_attributes(item)} | parameters}
        case Delete(key=key):
            return {"Delete": {"Key": key_attributes(key)} | parameters}
        case ConditionCheck(key=key):
            return {"ConditionCheck": {"Key": key_attributes(key)} | parameters}


def _reasons(error: ClientError) -> list[str]:
    return [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
