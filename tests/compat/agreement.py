"""Whether two command lines over the same data say the same of it."""

import time
from collections.abc import Callable
from typing import Any

from compat.released import Cli
from omnipub.names import LOCAL_OWNER

SOON = 30.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def common(one: Any, other: Any) -> tuple[Any, Any]:
    """What two documents both speak of: a release may say more than another."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {name: common(one[name], other[name]) for name in one if name in other}
        return {name: part for name, (part, _) in both.items()}, {name: part for name, (_, part) in both.items()}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [common(*pair) for pair in zip(one, other, strict=True)]
        return [part for part, _ in pairs], [part for _, part in pairs]
    return one, other


def agree(one: Cli, other: Cli, *argv: str) -> Any:
    """What both say to the same command, which must be the same."""
    ran, again = one(*argv, "--json", code=None), other(*argv, "--json", code=None)
    assert ran.code == again.code, (argv, ran, again)
    said, said_again = common(ran.json, again.json)
    assert said == said_again, argv
    return ran.json


def agree_on_all(one: Cli, other: Cli) -> None:
    """All lists are told alike, and of what was composed here one in each state."""
    for group, name in (("messages", "messages"), ("certs", "certifications")):
        listed = agree(one, other, group, "list", "--limit", "100")[name]
        mine = {each["status"]: each for each in listed if each["owner"] == LOCAL_OWNER}
        assert mine
        for each in mine.values():
            agree(one, other, group, "show", each["id"])
            agree(one, other, "table", "inspect", each["id"])
    found = agree(one, other, "table", "verify")["findings"]
    assert not found, found
    for command in ("schedule list --limit 100", "connections list", "pause", "table stats", "channels list"):
        assert agree(one, other, *command.split())


def statuses(run: Cli, id_: str) -> dict[str, str]:
    shown = run("messages", "show", id_, "--json").json
    return {one["channel"]: one["status"] for one in shown["deliveries"]}
