"""The count in the stage's table: whatever process asks, it counts the same.

An account's posts are read whole. What is older than a month is forgotten, and a stage's sandbox is for trying.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from omnipub.names import VERSION
from omnipub.ports.table import Absent, Delete, Item, Put, Table
from omnipub.sandbox import table_items
from omnipub.sandbox.ledger import COUNTED, Draft, Post, now_ms
from omnipub.storage import keys
from omnipub.storage.items import key_of, plain_item
from omnipub.strict_json import loads

_NUMBER = "posts"


class TableLedger:
    """Fills the port `Ledger`."""

    def __init__(self, table: Table, now: Callable[[], int] = now_ms) -> None:
        self._table = table
        self._now = now

    def register(self, network: str, account: str, token: str) -> None:
        """Open an account, or give it another token."""
        key = keys.sandbox_account(network, account)

        def decide() -> tuple[None, list[Put]]:
            there = self._table.get(key)
            item = plain_item(
                key,
                network=network,
                account=account,
                sandbox_token=token,
                sandbox_grant=there["sandbox_grant"] if there else None,
            )
            return None, [_put(item, there)]

        table_items.write(self._table, decide)

    def accounts(self) -> list[dict[str, str]]:
        """All accounts, without their tokens."""
        found = table_items.all_of(self._table, keys.sandbox_accounts())
        return [{"network": item["network"], "account": item["account"]} for item in found]

    def token(self, network: str, account: str) -> str | None:
        """The account's token; None if there is no such account."""
        item = self._table.get(keys.sandbox_account(network, account))
        return None if item is None else str(item["sandbox_token"])

    def knows_token(self, network: str, token: str) -> bool:
        """Whether the token opens any account of the network."""
        prefix = keys.sandbox_account(network, "").sk
        accounts = table_items.all_of(self._table, keys.sandbox_accounts(), prefix=prefix)
        return any(item["sandbox_token"] == token for item in accounts)

    def add(self, draft: Draft, *, hidden_ms: int = 0) -> Post:
        """Accept a post; look-ups show it after `hidden_ms`."""
        return self._insert(draft, lambda _: None, hidden_ms=hidden_ms)[0]

    def add_unless_out(self, draft: Draft) -> tuple[Post, bool]:
        """Accept a post, or name the visible one with the same content; True if it is new."""
        content = draft.content()

        def same(posts: list[Item]) -> Item | None:
            return next((one for one in posts if one["content"] == content and one["deleted_at"] is None), None)

        return self._insert(draft, same)

    def add_if_absent(self, draft: Draft, *, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Accept a post under its sender's id; False if that id was there before, which is counted."""

        def same(posts: list[Item]) -> Item | None:
            return next((one for one in posts if one["id"] == id), None)

        post, new = self._insert(draft, same)
        if not new:
            self._change(post, lambda item: item | {"repeats": item["repeats"] + 1})
        return new

    def find(self, network: str, id: str) -> Post | None:  # noqa: A002 - the networks' own word
        """The newest post of that id, deleted or not."""
        marks = list(table_items.all_of(self._table, keys.sandbox_ids(network, id)))
        if not marks:
            return None
        newest = max(marks, key=lambda mark: int(mark["number"]))
        posts = self._posts(network, newest["account"])
        return next((post for post in posts if post.number == newest["number"]), None)

    def delete(self, network: str, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Take a post down; False if it is not up."""
        post = self.find(network, id)
        return post is not None and self._change_if_up(post, lambda item: item | {"deleted_at": self._now()})

    def delete_part(self, post: Post, part: int, *, of: int) -> bool:
        """Remove one part of a post, and with its last part the post.

        False if that part is not there.
        """

        def without(item: Item) -> Item | None:
            if part in item["withdrawn"]:
                return None
            withdrawn = [*item["withdrawn"], part]
            gone = item["deleted_at"] or (self._now() if len(withdrawn) == of else None)
            return item | {"withdrawn": withdrawn, "deleted_at": gone}

        return self._change(post, without)

    def edit(self, network: str, id: str, *, text: str, sent: Mapping[str, object]) -> bool:  # noqa: A002 - likewise
        """Give a post another text, as its author may; False if it is not up."""
        post = self.find(network, id)
        changed = {"text": text, "sent": json.dumps(sent), "touched_at": self._now()}
        return post is not None and self._change_if_up(post, lambda item: item | changed)

    def listed(
        self,
        network: str,
        account: str,
        *,
        limit: int,
        skip: int = 0,
        below: int = 0,
        since_ms: int = 0,
        touched_last: bool = False,
    ) -> list[Post]:
        """What the network's own look-up shows now, newest first; `below` is a number from an earlier page.

        With `touched_last`, what was posted or edited last comes first.
        """
        found = [
            post
            for post in self._listed(network, account)
            if post.received_at >= since_ms and (below == 0 or post.number < below)
        ]
        if touched_last:
            found.sort(key=lambda post: (post.touched_at or post.received_at, post.number))
        return found[::-1][skip : skip + limit]

    def listed_count(self, network: str, account: str) -> int:
        """How many posts the network's own look-up has in all."""
        return len(self._listed(network, account))

    def newest(self, *, network: str = "", account: str = "", limit: int) -> list[Post]:
        """Everything accepted, newest first, deleted and not yet listed posts too."""
        found = [
            post
            for one in self.accounts()
            if network in {"", one["network"]} and account in {"", one["account"]}
            for post in self._posts(one["network"], one["account"])
        ]
        return sorted(found, key=lambda post: post.number, reverse=True)[:limit]

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Posts up, doubles among them, repeated deliveries, posts deleted: by network and account."""
        networks: dict[str, dict[str, dict[str, int]]] = {}
        for one in self.accounts():
            posts = self._posts(one["network"], one["account"])
            up = [post for post in posts if post.deleted_at is None]
            counted = (len(up), sum(post.double for post in up), sum(post.repeats for post in posts))
            networks.setdefault(one["network"], {})[one["account"]] = dict(
                zip(COUNTED, (*counted, len(posts) - len(up)), strict=True)
            )
        return networks

    def clear(self) -> None:
        """Forget every post; accounts stay open, and numbers go on."""
        for one in self.accounts():
            items = list(table_items.all_of(self._table, keys.sandbox_posts(one["network"], one["account"])))
            marks = [keys.sandbox_id(one["network"], item["id"], one["account"]) for item in items]
            self._table.write_many([Delete(key=key) for key in (*map(key_of, items), *marks)])

    def _insert(
        self, draft: Draft, instead: Callable[[list[Item]], Item | None], *, hidden_ms: int = 0
    ) -> tuple[Post, bool]:
        """A new post and True, or the one that `instead` names among the account's posts and False."""
        counter = keys.sandbox_number(_NUMBER)

        def decide() -> tuple[tuple[Post, bool], list[Put]]:
            last = self._table.get(counter)  # before the posts: whoever adds one meanwhile moves it
            items = list(table_items.all_of(self._table, keys.sandbox_posts(draft.network, draft.account)))
            there = instead(items)
            if there is not None:
                return (_post(there, items), False), []
            number = 1 + (int(last["number"]) if last else 0)
            item = _item(draft, number, hidden_ms, self._now())
            mark = plain_item(
                keys.sandbox_id(draft.network, item["id"], draft.account),
                account=draft.account,
                number=number,
                **table_items.expiry(self._now()),
            )
            writes = [
                _put(plain_item(counter, number=number), last),
                Put(item=item, condition=Absent()),
                Put(item=mark, condition=Absent()),
            ]
            return (_post(item, items), True), writes

        return table_items.write(self._table, decide)

    def _change_if_up(self, post: Post, change: Callable[[Item], Item]) -> bool:
        return self._change(post, lambda item: None if item["deleted_at"] is not None else change(item))

    def _change(self, post: Post, change: Callable[[Item], Item | None]) -> bool:
        """Write what `change` makes of a post; False if it makes nothing."""

        def decide() -> tuple[bool, list[Put]]:
            there = self._table.get(keys.sandbox_post(post.network, post.account, post.number))
            changed = None if there is None else change(there)
            return changed is not None, [] if changed is None else [_put(changed, there)]

        return table_items.write(self._table, decide)

    def _listed(self, network: str, account: str) -> list[Post]:
        now = self._now()
        return [post for post in self._posts(network, account) if post.deleted_at is None and post.listed_at <= now]

    def _posts(self, network: str, account: str) -> list[Post]:
        """All of an account, the oldest first."""
        items = list(table_items.all_of(self._table, keys.sandbox_posts(network, account)))
        return [_post(item, items) for item in items]


def _put(item: Item, there: Item | None) -> Put:
    return Put(item=item | {VERSION: table_items.following(there)}, condition=table_items.same(there))


def _item(draft: Draft, number: int, hidden_ms: int, now: int) -> Item:
    return plain_item(
        keys.sandbox_post(draft.network, draft.account, number),
        number=number,
        network=draft.network,
        account=draft.account,
        id=draft.name(number),
        text=draft.text,
        link=draft.link,
        media=json.dumps(list(draft.media)),
        sent=json.dumps(draft.sent),
        content=draft.content(),
        received_at=now,
        listed_at=now + hidden_ms,
        deleted_at=None,
        touched_at=None,
        repeats=0,
        withdrawn=[],
        **{VERSION: 1},
        **table_items.expiry(now),
    )


def _post(item: Item, among: Iterable[Item]) -> Post:
    """The post; it is a double if an earlier one that is up says the same."""
    double = item["deleted_at"] is None and any(
        one["content"] == item["content"] and one["deleted_at"] is None and one["number"] < item["number"]
        for one in among
    )
    plain: dict[str, Any] = {
        name: item[name]
        for name in ("number", "network", "account", "id", "text", "link", "received_at", "listed_at", "deleted_at")
    }
    return Post(
        **plain,
        media=loads(item["media"], lenient=True),
        sent=loads(item["sent"], lenient=True),
        repeats=item["repeats"],
        touched_at=item["touched_at"],
        double=double,
    )
