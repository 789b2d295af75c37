"""The code of before works on what this code wrote, and this code on what the code of before wrote."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compat import released
from compat.agreement import agree, agree_on_all, statuses, until
from compat.released import NEW, REVISION, Cli, cli, missing, taken_out, up
from compat.states import written
from compat.verdict import Record, refusal
from omnipub.domain.delivery.lifecycle import Status
from omnipub.storage.schema import MEANING

NETWORKS = ("bluesky", "facebook", "linkedin", "telegram", "webhook")
"""Those of REVISION."""

ALL = ",".join(NETWORKS)
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
NOT_OF_THE_POSTS = {"file system", "told"}
"""What doctor says of the place and of who is told: this code warns of data in memory and of notices without a target,
REVISION does neither."""

EARNED = ("--member", "Ada Lovelace", "--type", "solutions-architect-associate", "--earned-on", YESTERDAY)


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of before."""
    return taken_out(tmp_path_factory.mktemp("released"))


def described_by(sources: Path) -> Record:
    """What some sources say of their items."""
    say = "import json, compat.description as d; print(json.dumps(d.of_this_code()))"
    told = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", say],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": f"{sources}{os.pathsep}{Path(__file__).parents[1]}"},
    )
    found: Record = json.loads(told.stdout)
    assert found["sources"].startswith(str(sources))
    return found


@pytest.fixture(scope="session")
def typed(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[Path, Cli]]:
    """The command lines of this code and of the one before, if that may work on what this one writes."""
    meaning = described_by(old)["meaning"]
    if meaning != MEANING:
        pytest.skip(f"{REVISION} knows items of meaning {meaning}, this code writes {MEANING}: never both at once.")
    nowhere = tmp_path_factory.mktemp("nowhere")
    with cli(NEW, nowhere) as new, cli(old, nowhere) as before:
        yield {NEW: new, old: before}


@pytest.fixture(params=["this, then the one of before", "the one of before, then this"])
def order(request: pytest.FixtureRequest, old: Path) -> tuple[Path, Path]:
    """Which code is there first, and which takes over."""
    return (NEW, old) if request.param.startswith("this") else (old, NEW)


# Every state, and nobody at work.


@pytest.fixture
def every_state(tmp_path: Path) -> tuple[Path, dict[Status, str]]:
    """A directory with a delivery in every state as this code writes it, and the ids of their messages."""
    return tmp_path / "data", written(tmp_path / "data", NETWORKS)


def test_the_code_of_before_reads_and_moves_every_state_that_this_code_writes(
    every_state: tuple[Path, dict[Status, str]], old: Path, typed: Mapping[Path, Cli]
) -> None:
    data, ids = every_state
    new, before = (replace(typed[sources], data=data) for sources in (NEW, old))
    agree_on_all(new, before)
    for status in (Status.FAILED, Status.MISSED):
        before("messages", "retry", ids[status], "--yes")
        assert statuses(new, ids[status]) == {"linkedin": "scheduled"}
    for status in (Status.SCHEDULED, Status.HELD, Status.DRAFT, Status.PENDING_APPROVAL):
        before("messages", "cancel", ids[status], "--reason", "Wrong price.")
        assert statuses(new, ids[status]) == {"linkedin": "cancelled"}
    made = before("messages", "create", "Hello", "--to", ALL, "--at", tomorrow(), "-q").out.strip()
    assert set(statuses(new, made).values()) == {"scheduled"}
    new("messages", "cancel", made)
    assert agree(new, before, "table", "verify")["findings"] == []


# Handed over, with both at work.


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")


def test_each_works_on_what_the_other_left(order: tuple[Path, Path], typed: Mapping[Path, Cli], tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "all.jsonl"
    one, other = (replace(typed[sources], data=data) for sources in order)
    with up(order[0], data):
        made = filled(one, other)
    with up(order[1], data):
        taken_over(one, other, made)
    agree_on_all(one, other)
    other("table", "export", str(file))
    copy = replace(one, data=tmp_path / "copy")
    copy("table", "import", str(file), "--yes")
    assert copy("table", "verify", "--json").json["clean"] is True


def filled(one: Cli, other: Cli) -> dict[str, str]:
    """What the first does, and what the other does beside it while the first one's worker runs."""
    made = {}
    for name, run in (("out", one), ("beside", other)):
        made[name] = run("messages", "create", name, "--to", ALL, "--wait", "--timeout", "20", "-q").out.split()[0]
        assert statuses(one, made[name]) == dict.fromkeys(NETWORKS, "published")
    for name in ("ahead", "off"):
        ran = one("messages", "create", name, "--to", "facebook,linkedin", "--at", tomorrow(), "-q")
        made[name] = ran.out.strip()
    one("certs", "announce", *EARNED, "--to", "linkedin", "--wait", "--timeout", "20")
    one("pause", "channel:facebook", "--reason", "An incident.")
    made["held"] = one(*asked_with_a_key(), code=7).out.strip()
    until(lambda: statuses(other, made["held"]) == {"facebook": "held", "linkedin": "published"})
    one("table", "seed", "-n", "20", "--yes")
    return made


def taken_over(one: Cli, other: Cli, made: dict[str, str]) -> None:
    """What the other makes of it, with its own worker."""
    seen = [
        {(each["name"], each["verdict"]) for each in run("doctor", "--json", code=None).json["findings"]}
        for run in (one, other)
    ]
    assert seen[0] & seen[1] >= {("up", "ok"), ("gate", "ok")}
    wrong = [{name for name, verdict in found if verdict != "ok"} - NOT_OF_THE_POSTS for found in seen]
    assert wrong[0] == wrong[1], "one may find more words for it, not more or less that is wrong"
    assert other(*asked_with_a_key(), code=7).out.strip() == made["held"], "the request was answered before"
    assert "announced before" in other("certs", "announce", *EARNED, "--to", "linkedin", code=4).err
    other("messages", "cancel", made["off"], "--reason", "Wrong price.")
    assert set(statuses(one, made["off"]).values()) == {"cancelled"}
    other("resume", "channel:facebook", "--late", "send")
    until(lambda: statuses(one, made["held"]) == dict.fromkeys(("facebook", "linkedin"), "published"))
    assert set(statuses(one, made["ahead"]).values()) == {"scheduled"}
    after = one("messages", "create", "after", "--to", ALL, "--wait", "--timeout", "20", "-q").out.split()[0]
    assert statuses(other, after) == dict.fromkeys(NETWORKS, "published")


def asked_with_a_key() -> tuple[str, ...]:
    return ("messages", "create", "held", "--to", "facebook,linkedin", "--idempotency-key", "k-1", "-q")


# The record, and the history itself.


def test_the_items_have_changed_since_then_only_as_the_number_allows(old: Path) -> None:
    then, now = described_by(old), described_by(NEW)
    assert len(then["items"]) >= 6
    assert refusal(then, now) == ""


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_without_the_history_it_is_said_that_nothing_was_tried(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="nothing was tried"):
        missing("v0.0.1")


def test_in_ci_a_missing_history_fails_and_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(released, "REVISION", "0" * 40)
    with pytest.raises(AssertionError, match="fetch-depth: 0"):
        taken_out(tmp_path)
