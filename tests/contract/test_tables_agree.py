"""Whatever is written and asked, DynamoDB and SQLite give the same answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.ports.table import (
    Absent,
    ConditionCheck,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Put,
    Query,
    Table,
    Unchanged,
    Write,
)
from support.aws import Cloud

Both = tuple[Table, Table]

KEYS = [Key(f"P{partition}", f"{sort}") for partition in range(2) for sort in ("a", "ab", "b", "é", "\U0001f44b")]
texts = st.text("ab\u007fé\ud7ff\ue000\U0001f44b\U0010ffff", max_size=3)
together = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
a_few = settings(together, max_examples=25)


@pytest.fixture
def both(emulated: Cloud, tmp_path: Path) -> Iterator[Both]:
    sqlite = SqliteTable(tmp_path / "table.db")
    yield sqlite, DynamoTable(emulated.clients, emulated.table())
    sqlite.close()


def item(key: Key, version: int, **attributes: Any) -> Item:
    return {"PK": key.pk, "SK": key.sk, "version": version, **attributes}


queries = st.builds(
    Query,
    partition=st.just("P"),
    index=st.sampled_from([None, "GSI1"]),
    prefix=st.none() | texts,
    at_least=st.none() | texts,
    below=st.none() | texts,
    newest_first=st.booleans(),
    limit=st.integers(1, 7),
)


def test_every_query_gives_the_same_pages(both: Both) -> None:
    sorts = ["a", "b", "aa", "ab", "ba", "aé", "é", "é\U0001f44b", "\ud7ff", "\ue000", "\U0001f44b", "\U0010ffff"]
    for table in both:
        table.write_many([Put(item=item(Key("P", sort), 1, GSI1PK="P", GSI1SK=sort)) for sort in sorts])

    @together
    @given(queries)
    def same(query: Query) -> None:
        after: list[str | None] = [None, None]
        while True:
            pages = [table.query(replace(query, after=cursor)) for table, cursor in zip(both, after, strict=True)]
            assert pages[0].items == pages[1].items
            after = [page.cursor for page in pages]
            assert (after[0] is None) == (after[1] is None)
            if after[0] is None:
                return

    same()


conditions = st.none() | st.just(Absent()) | st.builds(Unchanged, version=st.integers(1, 3))
versions = st.integers(1, 3)


def writes_of(key: Key) -> st.SearchStrategy[Write]:
    """A write of that item."""
    return st.one_of(
        st.builds(lambda version, condition: Put(item=item(key, version), condition=condition), versions, conditions),
        st.builds(lambda condition: Delete(key=key, condition=condition), conditions),
        st.builds(lambda condition: ConditionCheck(key=key, condition=condition), conditions.filter(bool)),
    )


transactions = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True).flatmap(
    lambda keys: st.tuples(*map(writes_of, keys))
)


def test_every_history_of_transactions_has_the_same_outcomes(both: Both) -> None:
    @a_few
    @given(st.lists(transactions, max_size=6))
    def same(history: list[tuple[Write, ...]]) -> None:
        for table in both:
            table.write_many([Delete(key=key) for key in KEYS])
        for writes in history:
            assert _outcome(both[0], writes) == _outcome(both[1], writes)
        assert both[0].batch_get(KEYS) == both[1].batch_get(KEYS)

    same()


def _outcome(table: Table, writes: tuple[Write, ...]) -> tuple[int, ...]:
    """The positions of what failed."""
    try:
        if len(writes) == 1 and isinstance(writes[0], Put):
            table.put(writes[0].item, writes[0].condition)
        else:
            table.transact(writes)
    except ConditionFailedError as refused:
        return refused.failed
    return ()
