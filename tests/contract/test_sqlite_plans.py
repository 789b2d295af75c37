"""SQLite answers every access path from an index, and a late page of a long list costs no more than an early one."""

import inspect
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.query import closed, opened, statement
from omnipub.adapters.local.sqlite.stream import LANES, SqliteStream
from omnipub.adapters.local.sqlite.table import SCHEMA, SqliteTable
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import to_text
from omnipub.errors import InvalidInputError
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Item, Key, Put, Query
from omnipub.storage import access, keys
from omnipub.storage.schema import INDEXES, PARTITION, SORT
from support.world import START

CURSOR = json.dumps([to_text(START), "MSG#1", "CHANNEL#looked"])
GIVEN: dict[str, Any] = {
    "parent": Parent(kind=ParentKind.MESSAGE, id="1"),
    "owner": "ada",
    "kind": ParentKind.MESSAGE,
    "status": Status.SCHEDULED,
    "network": "facebook",
    "shard": 0,
    "pk": "MSG#1",
    "partition": keys.sandbox_posts("facebook", "1"),
    "prefix": None,
    "limit": 20,
    "since": START - timedelta(days=1),
    "until": START + timedelta(days=1),
}
ON: dict[str, str] = {"after": CURSOR, "below": to_text(START), "above": to_text(START)}
"""What goes on behind an earlier page."""

SCANS = {"everything"}
BUILDERS: dict[str, Callable[..., Query]] = {
    row.name: getattr(access, row.name.replace(" ", "_")) for row in access.PATHS if row.name not in SCANS
}


def first_page(build: Callable[..., Query]) -> Query:
    return build(**{name: GIVEN[name] for name in inspect.signature(build).parameters if name not in ON})


def later_page(build: Callable[..., Query]) -> Query | None:
    names = inspect.signature(build).parameters
    going_on = {name: ON[name] for name in names if name in ON}
    return build(**{name: GIVEN[name] for name in names if name not in ON}, **going_on) if going_on else None


PAGES = [
    pytest.param(query, id=f"{name}, {which} page")
    for name, build in BUILDERS.items()
    for which, query in (("first", first_page(build)), ("later", later_page(build)))
    if query is not None
]


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(SCHEMA)
        yield made


def plan(connection: sqlite3.Connection, text: str, values: Sequence[object] = ()) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]


@pytest.mark.parametrize("query", PAGES)
def test_an_access_path_is_one_seek_in_its_index(connection: sqlite3.Connection, query: Query) -> None:
    (step,) = plan(connection, *statement(query))  # sorting, or a second look, would be another step
    index = INDEXES[query.index] if query.index else None
    where, partition = (f"INDEX {index.name}", index.partition) if index else ("PRIMARY KEY", PARTITION)
    sort = index.sort if index else SORT
    seek = re.fullmatch(rf"SEARCH items USING {where} \({partition}=\?(?P<bounds>.*)\)", step)
    assert seek, step
    # Every bound that was asked for is one that SQLite seeks by, not one that it tests row by row.
    lower = query.at_least or query.prefix or (query.after and not query.newest_first)
    upper = query.below or query.prefix or (query.after and query.newest_first)
    assert bool(re.search(rf"{sort}[^<>=]*>", seek["bounds"])) == bool(lower)
    assert bool(re.search(rf"{sort}[^<>=]*<", seek["bounds"])) == bool(upper)


@pytest.mark.parametrize("query", [page for page in PAGES if page.values[0].index])  # type: ignore[attr-defined]
def test_keys_alone_are_read_from_the_index_without_looking_up_the_items(
    connection: sqlite3.Connection, query: Query
) -> None:
    (step,) = plan(connection, *statement(replace(query, keys_only=True)))
    assert step.startswith(f"SEARCH items USING COVERING INDEX {query.index} ")


@pytest.mark.parametrize("index", [None, "GSI1"])
def test_pages_of_keys_alone_are_those_of_the_items(tmp_path: Path, index: str | None) -> None:
    table = SqliteTable(tmp_path / "table.db")
    key = {PARTITION: "P", "GSI1PK": "P"}
    table.write_many([Put(item=key | {SORT: sort, "GSI1SK": "same", "excerpt": "told"}) for sort in "ABC"])
    asked = Query(partition="P", index=index, limit=2)
    whole, keys_alone = table.query(asked), table.query(replace(asked, keys_only=True))
    names = {PARTITION, SORT} | ({"GSI1PK", "GSI1SK"} if index else set())
    assert keys_alone.items == tuple({name: item[name] for name in item if name in names} for item in whole.items)
    assert keys_alone.cursor == whole.cursor is not None
    table.close()


def test_every_access_path_is_looked_at() -> None:
    assert {row.name for row in access.PATHS} == {*BUILDERS, *SCANS}
    assert len(PAGES) > len(BUILDERS)


COUNT, LIMIT = 600, 20
OFTEN = 3
"""Items of one sort key in an index, so that a page may end among them."""


def full(connection: sqlite3.Connection) -> None:
    for number in range(COUNT):
        sort = f"{number // OFTEN:04d}"
        item = {PARTITION: "P", SORT: f"{number:04d}", "GSI1PK": "P", "GSI1SK": sort, "GSI2PK": "P", "GSI2SK": sort}
        connection.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", (*item.values(), json.dumps(item)))


def pages(connection: sqlite3.Connection, sort: str, **asked: Any) -> Iterator[tuple[list[Item], int]]:
    """Each page, and the steps that SQLite's machine took for it."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    after: str | None = None
    while True:
        connection.set_progress_handler(step, 1)
        text, values = statement(Query(partition="P", limit=LIMIT, after=after, **asked))
        found = [json.loads(body) for (body,) in connection.execute(text, values)]
        connection.set_progress_handler(None, 1)
        yield found[:LIMIT], steps
        if len(found) <= LIMIT:
            return
        steps, after = 0, closed(found[LIMIT - 1], sort)


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("bounds", [{}, {"at_least": "0000"}, {"below": "9"}, {"at_least": "0000", "below": "9"}])
@pytest.mark.parametrize("index", [None, "GSI1", "GSI2"])
def test_a_late_page_costs_no_more_than_an_early_one(
    connection: sqlite3.Connection,
    index: str | None,
    bounds: dict[str, str],
    backwards: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    full(connection)
    sort = INDEXES[index].sort if index else SORT
    seen = list(pages(connection, sort, index=index, newest_first=backwards, **bounds))
    found = [item[SORT] for page, _ in seen for item in page]
    assert found == sorted((f"{number:04d}" for number in range(COUNT)), reverse=backwards)
    steps = [count for page, count in seen[1:-1] if len(page) == LIMIT]  # behind a cursor, and going on
    assert len(steps) == COUNT // LIMIT - 2
    assert max(steps) - min(steps) <= LIMIT  # a row that is passed costs about ten


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_a_cursor_beside_the_bounds_moves_no_bound(tmp_path: Path, backwards: bool) -> None:  # noqa: FBT001  likewise
    table = SqliteTable(tmp_path / "table.db")
    table.write_many([Put(item={PARTITION: "P", SORT: sort}) for sort in "ABCDEF"])
    for cursor in "@ABCDEFG":
        asked = Query(
            partition="P",
            at_least="B",
            below="E",
            newest_first=backwards,
            after=closed({PARTITION: "P", SORT: cursor}, SORT),
        )
        behind = [sort for sort in "BCD" if (sort < cursor if backwards else sort > cursor)]
        assert [item[SORT] for item in table.query(asked).items] == (behind[::-1] if backwards else behind)
    table.close()


@pytest.mark.parametrize("cursor", ["", "x", "[]", '["a", "b"]', '["a", "b", 1]', '{"a": "b"}'])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="not one of ours"):
        opened(cursor)


class Watched(sqlite3.Connection):
    """A connection that notes what it is asked, with the values in it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.set_trace_callback(ASKED.append)


ASKED: list[str] = []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of every connection that is opened from here on."""
    plain = sqlite3.connect
    ASKED.clear()
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **named: plain(*args, **named, factory=Watched))
    return ASKED


def looked_up(file: Path, asked: Sequence[str]) -> dict[str, list[str]]:
    """The plans of what was asked, but for what belongs to opening."""
    opening = ("sqlite_master", "meaning")
    reading = [
        text
        for text in asked
        if text.startswith(("SELECT", "DELETE", "UPDATE")) and not any(table in text for table in opening)
    ]
    with closing(sqlite3.connect(file)) as connection:
        return {text: plan(connection, text) for text in reading}


def test_no_verb_of_the_table_scans_it(tmp_path: Path, asked: list[str]) -> None:
    table = SqliteTable(tmp_path / "table.db")
    key = Key("MSG#1", "METADATA")
    table.write_many([Put(item={PARTITION: key.pk, SORT: key.sk})])
    table.get(key)
    table.batch_get([key])
    table.close()
    plans = looked_up(tmp_path / "table.db", list(asked))
    assert plans
    assert {step for steps in plans.values() for step in steps} == {"SEARCH items USING PRIMARY KEY (PK=? AND SK=?)"}


def test_the_worker_and_its_upkeep_never_walk_the_stream(tmp_path: Path, asked: list[str]) -> None:
    stream = SqliteStream(tmp_path / "stream.db")
    stream.put([Pointer(pk="MSG#1", sk="CHANNEL#looked", group=f"looked/{one}", why="due", trace="t") for one in "abc"])
    for lane in range(LANES):
        stream.checkpoint({lane: stream.batch(lane, limit=1)[0].sequence if stream.batch(lane, limit=1) else 0})
    stream.last_sequence()
    stream.iterator_age_ms()
    stream.reader.lag()
    stream.reader.gone_before()
    stream.prune()
    stream.close()
    plans = looked_up(tmp_path / "stream.db", list(asked))
    (pruning,) = (steps for text, steps in plans.items() if text.startswith("DELETE"))
    assert pruning[0] == "SEARCH records USING INDEX by_arrival (arrived_ms<?)"
    walked = {text: steps for text, steps in plans.items() if any(step.startswith("SCAN") for step in steps)}
    # In the order of the file, and one row of it.
    assert all(text.endswith("ORDER BY sequence LIMIT 1") for text in walked), walked


def test_who_only_reads_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    SqliteTable(tmp_path / "table.db").close()
    with closing(sqlite3.connect(tmp_path / "table.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        table = SqliteTable(tmp_path / "table.db")
        assert table.get(Key("MSG#1", "METADATA")) is None
        table.close()
        writer.execute("ROLLBACK")


def test_an_index_that_an_older_file_lacks_is_made_when_it_is_opened(tmp_path: Path) -> None:
    SqliteTable(tmp_path / "table.db").close()
    with closing(sqlite3.connect(tmp_path / "table.db")) as older:
        older.execute('DROP INDEX "GSI2"')
    SqliteTable(tmp_path / "table.db").close()
    with closing(sqlite3.connect(tmp_path / "table.db")) as now:
        assert {*INDEXES} <= {name for (name,) in now.execute("SELECT name FROM sqlite_master")}
