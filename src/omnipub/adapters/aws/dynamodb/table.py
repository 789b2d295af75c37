"""The table in DynamoDB.

botocore tries a call again by itself when no answer comes. A transaction carries a token, so that it is applied once
however often it arrives. A single write that arrived twice is refused the second time: write ids tell that from a lost
race (`storage.write_ids`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.dynamodb.query import closed, not_ours, opened, request_of
from omnipub.adapters.aws.dynamodb.values import Attributes, from_attributes, to_attributes
from omnipub.adapters.aws.dynamodb.writes import (
    bulk,
    condition_parameters,
    is_hindered,
    key_attributes,
    key_of,
    refusal,
    transaction,
)
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.adapters.aws.retries import Pause, tries
from omnipub.errors import UnavailableError
from omnipub.ports.table import Condition, Delete, Item, Key, Page, Put, Query, Write
from omnipub.storage.schema import PARTITION, READ_LIMIT, SORT

BULK = 25
"""Writes of one batch."""


class DynamoTable:
    """The `Table` port over DynamoDB.

    Args:
        clients: Of this process.
        name: The table's name or ARN.
        pause: How it waits between tries.
    """

    def __init__(self, clients: Clients, name: str, *, pause: Pause = time.sleep) -> None:
        self._clients = clients
        self._name = name
        self._pause = pause

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def get(self, key: Key) -> Item | None:
        """The item, strongly consistent."""
        answer = self._call("get_item", Key=key_attributes(key), ConsistentRead=True)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write one item."""
        parameters = {"Item": to_attributes(item)} | condition_parameters(condition)
        self._write(lambda: self._client.put_item(TableName=self._name, **parameters))

    def transact(self, writes: Sequence[Write]) -> None:
        """All writes or none."""
        items = transaction(writes, self._name)
        self._write(lambda: self._client.transact_write_items(TransactItems=items))

    def query(self, query: Query) -> Page:
        """One page in key order; shorter than its limit where DynamoDB ends it after a megabyte."""
        what = request_of(query)
        if what is None:
            return Page(items=(), cursor=None)
        parameters = dict(what.parameters)
        limit = query.limit + (1 if what.but is None else 2)
        while True:
            answer = self._read("query", **parameters, Limit=limit)
            found = [one for one in map(from_attributes, answer["Items"]) if one[what.sort] != what.but]
            last = answer.get("LastEvaluatedKey")
            if found or last is None:
                return _page(found, query.limit, last, what.sort)
            parameters["ExclusiveStartKey"] = last

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        """The items that exist, in the order of their keys."""
        unique = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for start in range(0, len(unique), READ_LIMIT):
            for one in self._batch(unique[start : start + READ_LIMIT]):
                item = from_attributes(one)
                found[Key(item[PARTITION], item[SORT])] = item
        return {key: found[key] for key in unique if key in found}

    def write_many(self, writes: Sequence[Put | Delete]) -> None:
        """Writes without conditions, in batches."""
        if any(write.condition is not None for write in writes):
            raise ValueError("writes with conditions belong into a transaction")
        last = [bulk(write) for write in {key_of(write): write for write in writes}.values()]
        for start in range(0, len(last), BULK):
            self._put_batch(last[start : start + BULK])

    def everything(self, *, limit: int, after: str | None = None) -> Page:
        """One page of a scan that sees everything written before it began."""
        start: dict[str, Any] = {}
        if after is not None:
            _, pk, sk = opened(after)
            start = {"ExclusiveStartKey": key_attributes(Key(pk, sk))}
        answer = self._read("scan", Limit=limit + 1, ConsistentRead=True, **start)
        found = [from_attributes(one) for one in answer["Items"]]
        return _page(found, limit, answer.get("LastEvaluatedKey"), SORT)

    @property
    def _client(self) -> Any:
        return self._clients.of("dynamodb")

    @property
    def _what(self) -> str:
        return f"The table {self._name}"

    def _call(self, operation: str, **parameters: Any) -> Any:
        with translated(self._what):
            return getattr(self._client, operation)(TableName=self._name, **parameters)

    def _read(self, operation: str, **parameters: Any) -> Any:
        """A page; DynamoDB refuses a start that the request cannot have come to."""
        try:
            return self._call(operation, **parameters)
        except ClientError as error:
            if code_of(error) == "ValidationException" and "ExclusiveStartKey" in parameters:
                raise not_ours() from error
            raise

    def _write(self, act: Callable[[], object]) -> None:
        """Write; others' transactions that are in the way are no lost race, so it is tried again."""
        for _ in tries(self._pause):
            try:
                with translated(self._what):
                    act()
            except ClientError as error:
                refused = refusal(error)
                if refused is not None:
                    raise refused from error
                if not is_hindered(error):
                    raise
            else:
                return
        raise UnavailableError(
            f"{self._what} is busy: other transactions write the same items.", hint="Try again in a moment."
        )

    def _batch(self, keys: Sequence[Key]) -> list[Attributes]:
        found: list[Attributes] = []
        wanted = [key_attributes(key) for key in keys]
        for _ in tries(self._pause):
            with translated(self._what):
                answer = self._client.batch_get_item(
                    RequestItems={self._name: {"Keys": wanted, "ConsistentRead": True}}
                )
            found += answer["Responses"].get(self._name, [])
            wanted = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if not wanted:
                return found
        raise self._overloaded()

    def _put_batch(self, requests: Sequence[Mapping[str, Any]]) -> None:
        for _ in tries(self._pause):
            with translated(self._what):
                answer = self._client.batch_write_item(RequestItems={self._name: list(requests)})
            requests = answer.get("UnprocessedItems", {}).get(self._name, [])
            if not requests:
                return
        raise self._overloaded()

    def _overloaded(self) -> UnavailableError:
        return UnavailableError(f"{self._what} takes only a part of what it is asked.", hint="Try again in a moment.")


def _page(found: Sequence[Item], limit: int, last: Attributes | None, sort: str) -> Page:
    """What is shown of one item more than asked for: the last page is known to be the last."""
    shown = tuple(found[:limit])
    if len(found) > limit:
        return Page(items=shown, cursor=closed(shown[-1], sort))
    return Page(items=shown, cursor=closed(from_attributes(last), sort) if last else None)
