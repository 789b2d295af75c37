"""What is left after a trial: the table's items and the sandbox's posts, read past all services."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from json import loads
from pathlib import Path
from typing import Any

from crash.judge import Seen, Told
from omnipub.onebox.data_directory import FILES, TABLE
from omnipub.onebox.sandbox_process import control
from omnipub.storage import keys
from omnipub.storage.items import attempt_of, delivery_of, message_of


def told(data: Path, numbers: dict[str, int]) -> Sequence[Told]:
    """Every delivery in the table, beside whoever writes; `numbers` are the messages' by their text."""
    items = list(_items(data))
    messages = [message_of(item) for item in items if item["SK"] == keys.METADATA and keys.parent_of(item["PK"])]
    named = {message.id: numbers[message.content.text] for message in messages}
    deliveries = [delivery_of(item) for item in items if keys.channel_of(item["SK"])]
    return [
        Told(
            message=named[one.parent.id],
            id=one.parent.id,
            channel=one.channel,
            account=one.account,
            status=one.status.value,
            network_id=one.network_id,
            deaths=one.deaths,
            looks=one.looks,
        )
        for one in deliveries
    ]


def seen(url: str) -> Sequence[Seen]:
    """Every post in the sandbox at `url`, which must count as many; the judge knows whose the doubles are."""
    posts = control(url, "posts?limit=1000000")["posts"]
    counted = control(url, "count")["totals"]
    if counted["posts"] != len(posts):
        raise AssertionError(f"the sandbox counts {counted} over {len(posts)} posts")
    wanted = ("network", "account", "id", "text", "repeats")
    return [Seen(**{name: post[name] for name in wanted}) for post in posts]


def story(data: Path, message: str, posts: Sequence[Seen]) -> str:
    """Everything known of a message, a line each: its deliveries, their tries, and `posts`."""
    mine = [item for item in _items(data) if item["PK"].endswith(message)]
    lines = [f"delivery {delivery_of(item)}" for item in mine if keys.channel_of(item["SK"])]
    lines += [f"try {attempt_of(item)}" for item in mine if item["SK"].startswith(keys.ATTEMPT_PREFIX)]
    return "\n".join(f"  {line}" for line in [f"message {message}", *lines, *(f"post {one}" for one in posts)])


def states(found: Sequence[Told]) -> Counter[str]:
    """How many deliveries are in each state."""
    return Counter(one.status for one in found)


def check_pages(data: Path) -> None:
    """SQLite's own full check: so many crashes later every page is sound.

    Raises:
        AssertionError: One is not.
    """
    for name in FILES:
        with closing(sqlite3.connect(data / name)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise AssertionError(f"{data / name}: {found}")


def _items(data: Path) -> Iterator[dict[str, Any]]:
    with closing(sqlite3.connect(f"{(data / TABLE).as_uri()}?mode=ro", uri=True)) as connection:
        for (body,) in connection.execute("SELECT body FROM items"):
            yield loads(body)
