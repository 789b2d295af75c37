"""A range of a partition as DynamoDB is asked for it, and the cursors of its pages.

DynamoDB takes one condition on the sort key. All bounds of a `Query` together are one half-open span. Where it has two
ends, BETWEEN includes the upper one. So what stands exactly there is left out of the answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipub.adapters.aws.dynamodb.values import to_attributes
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Item, Query
from omnipub.storage.key_range import span
from omnipub.storage.schema import INDEXES, PARTITION, SORT
from omnipub.strict_json import loads


@dataclass(frozen=True, kw_only=True)
class QueryRequest:
    """What is asked of DynamoDB.

    Attributes:
        parameters: Of `Query`, but for table, limit and start.
        sort: The attribute that orders.
        but: A sort key that is not wanted though the condition includes it.
    """

    parameters: Mapping[str, Any]
    sort: str
    but: str | None


def request_of(query: Query) -> QueryRequest | None:
    """The request for a query, or None if nothing can match it."""
    lower, upper = span(query)
    if upper is not None and lower >= upper:
        return None
    index = INDEXES[query.index] if query.index else None
    partition, sort = (index.partition, index.sort) if index else (PARTITION, SORT)
    condition, values = _condition(query, lower, upper)
    names = {"#partition": partition} | ({"#sort": sort} if condition else {})
    parameters: dict[str, Any] = {
        "KeyConditionExpression": " AND ".join(["#partition = :partition", *condition]),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_attributes({":partition": query.partition} | values),
        "ScanIndexForward": not query.newest_first,
    }
    # An index cannot be read consistently, the table is never read otherwise.
    parameters |= {"IndexName": index.name} if index else {"ConsistentRead": True}
    if query.after is not None:
        at, pk, sk = opened(query.after)
        start = {PARTITION: pk, SORT: sk} | ({index.partition: query.partition, index.sort: at} if index else {})
        parameters["ExclusiveStartKey"] = to_attributes(start)
    return QueryRequest(parameters=parameters, sort=sort, but=upper if ":upper" in values and lower else None)


def closed(item: Item, sort: str) -> str:
    """The cursor behind an item."""
    return json.dumps([item[sort], item[PARTITION], item[SORT]])


def opened(cursor: str) -> tuple[str, str, str]:
    """Index sort key, partition key and sort key of the item that a page ended with.

    Raises:
        InvalidInputError: It is no cursor.
    """
    try:
        parts = loads(cursor)
    except ValueError:
        parts = None
    match parts:
        case [str(sort), str(pk), str(sk)] if sort and pk and sk:
            return sort, pk, sk
        case _:
            raise not_ours()


def not_ours() -> InvalidInputError:
    """The error for a cursor that none of our pages ended with."""
    return InvalidInputError("This cursor is not one of ours.", hint="Take the cursor of the previous page.")


def _condition(query: Query, lower: str, upper: str | None) -> tuple[list[str], dict[str, str]]:
    if query.prefix and not query.at_least and query.below is None:
        return ["begins_with(#sort, :prefix)"], {":prefix": query.prefix}
    if lower and upper is not None:
        return ["#sort BETWEEN :lower AND :upper"], {":lower": lower, ":upper": upper}
    if lower:
        return ["#sort >= :lower"], {":lower": lower}
    if upper is not None:
        return ["#sort < :upper"], {":upper": upper}
    return [], {}
