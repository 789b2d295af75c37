"""`omnipub cost` as it is typed: on a terminal, in a pipe, as JSON, of a traffic and of a measured stage."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub_cli.commands import cost as command
from omnipub_cli.deployment.cost import measured, traffic
from omnipub_cli.deployment.cost.figures import FIGURES
from omnipub_cli.output.json_schemas import json_schema
from support.recorded_stage import EDGE, NOW, REGION, RecordedAccount

from .test_commands import misfits

ROOT = Path(__file__).parents[3]
Run = Callable[..., Any]


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """A terminal with credentials for an account with the stage `dev`."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    behaves = SimpleNamespace(cloudwatch={})
    monkeypatch.setattr(
        "omnipub_cli.deployment.account.connect", lambda profile: RecordedAccount(profile, **behaves.cloudwatch)
    )
    monkeypatch.setattr("omnipub_cli.deployment.wall_clock.now", lambda: NOW)
    return behaves


def on_a_terminal(*words: str, columns: int = 80) -> str:
    """What a person sees: the command in a process of its own, on a terminal of that width."""
    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "dumb", "LINES": "200"}
    environment.pop("OMNIPUB_STAGE", None)
    done = subprocess.Popen(  # noqa: S603  our own
        [sys.executable, "-m", "omnipub_cli", "cost", *words],
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            piece = os.read(leader, 65_536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(leader)
    assert done.wait(30) == 0
    return re.sub(r"\033\[[0-9;]*m", "", seen.decode().replace("\r", ""))


@pytest.mark.parametrize(
    "words",
    [(), ("--requests-per-day", "5000"), ("--infra", "containers"), ("--prices",), ("--requests-per-day", "9999999")],
)
def test_everything_fits_into_eighty_columns(words: tuple[str, ...]) -> None:
    shown = on_a_terminal(*words)
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_a_terminal_gets_both_infrastructures_bars_ranges_goals_and_savings() -> None:
    shown = on_a_terminal()
    for heading in (
        "Serverless, +PLAN",
        "Containers, laid out as `available`",
        "Totals",
        "The seed's ranges",
        "Our goals",
    ):
        assert heading in shown
    assert "its price in safety" in shown
    bars = re.findall(r"^(\S+ \S+) +(█+) +([\d,.]+)$", shown, re.MULTILINE)
    lengths = {label: len(bar) for label, bar, _ in bars}
    assert (
        lengths["100,000 containers"]
        == max(lengths.values())
        > lengths["100,000 serverless"]
        > lengths["1,000 serverless"]
    )


def test_for_one_traffic_each_price_is_shown_with_its_units() -> None:
    words = ("--requests-per-day", "5000", "--infra", "serverless")
    shown = on_a_terminal(*words)
    assert re.search(r"^Kinesis +hours of a shard +730 +10\.95 +10\.95$", shown, re.MULTILINE)
    assert re.search(r"^CloudWatch +triggers whose .+ 1 +– +–$", shown, re.MULTILINE)  # noqa: RUF001  a dash
    assert "What is paid most for" in shown
    assert "0.015" not in shown
    assert re.search(
        r"^Kinesis +hours of a shard +730 +0\.015 +10\.95 +10\.95$", on_a_terminal(*words, "--wide"), re.MULTILINE
    )
    assert "The seed's ranges" not in shown


@pytest.mark.usefixtures("data")
def test_a_pipe_gets_a_row_for_each_line_that_can_be_added_up(run: Run) -> None:
    ran = run("cost")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert {len(row) for row in rows} == {5}
    for infra, plan, level in {tuple(row[:3]) for row in rows}:
        found = {row[3]: row[4] for row in rows if row[:3] == [infra, plan, level]}
        total = float(found.pop("Total"))
        dashes = [name for name, amount in found.items() if amount == "–"]  # noqa: RUF001  a dash
        assert len(dashes) == 1
        assert sum(float(amount) for name, amount in found.items() if name not in dashes) == pytest.approx(
            total, abs=0.2
        )
    assert {row[0] for row in rows} == {"serverless", "containers"}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--requests-per-day", "0"),
        ("--requests-per-day", "1000000", "--to", "webhook"),
        ("--infra", "serverless", "--values", "dev", "--month", "1", "--no-allowances"),
        ("--infra", "containers", "--layout", "lean", "--images", "0"),
    ],
)
def test_the_json_is_as_its_schema_says(words: tuple[str, ...], run: Run) -> None:
    ran = run("cost", *words, "--json")
    assert ran.code == 0, ran.err
    assert misfits(ran.json, json_schema("cost")) == []
    assert ran.err == ""


def test_the_json_tells_what_every_amount_rests_on(run: Run) -> None:
    told = run("cost", "--json").json
    prices = {one["price"]: one for one in told["prices"]}
    for offer in told["bills"]:
        assert offer["total"] == pytest.approx(sum(one["dollars"] or 0 for one in offer["charges"]), abs=0.01)
        for charge in offer["charges"]:
            price = prices[charge["price"]]
            assert (charge["dollars"] is None) == (price["dollars"] is None)
            assert price["source"].startswith("https://aws.amazon.com/")
            assert price["on"]
    assert set(told["unknown"]) == {"cloudwatch.triggers", "ecr.stored"}
    assert [(one["requests_per_day"], one["plan"]) for one in told["goals"]] == [
        (level, plan) for level in (1_000, 10_000, 100_000) for plan in (False, True)
    ]
    assert {one["plan"] for one in told["bills"]} == {None, "plan.free", "plan.pro"}
    assert {one["origin"] for one in told["figures"]} <= {"counted", "design ceiling", "assumed"}
    assert {one["figure"]: one["value"] for one in told["figures"]} == {
        name: one.value for name, one in FIGURES.items()
    }


def test_what_is_typed_is_what_is_billed(run: Run) -> None:
    words = ("--requests-per-day", "2000", "--to", "facebook,telegram", "--to", "webhook", "--publish-share", "50")
    words += ("--scheduled-share", "0", "--images", "2", "--image-kb", "100", "--month", "3", "--infra", "serverless")
    first = run("cost", *words, "--json").json["bills"][0]
    assert first["channels"] == ["facebook", "telegram", "webhook"]
    told = [
        first[name] for name in ("requests_per_day", "publish_share", "scheduled_share", "images", "image_kb", "month")
    ]
    assert told == [2000, 0.5, 0, 2, 100, 3]
    units = {one["price"]: one["units"] for one in first["charges"]}
    assert units["kinesis.put"] == pytest.approx(2000 * 30.4 * 0.5 * 3)
    assert units["s3.puts"] == pytest.approx(2000 * 30.4 * 0.5 * 2)


def test_quiet_prints_the_lines_names(run: Run) -> None:
    ran = run("cost", "-q")
    assert "Kinesis" in ran.out.splitlines()
    assert ran.err == ""


def test_the_prices_are_shown_with_dates_and_pages(run: Run) -> None:
    rows = [line.split("\t") for line in run("cost", "--prices").out.splitlines()]
    assert rows[3][:3] == ["Kinesis", "hours of a shard", "0.015"]
    unread = [row for row in rows if row[2] == "–"]  # noqa: RUF001  a dash
    assert len(unread) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row[4]) for row in rows if row not in unread)
    assert all(row[5].startswith("https://aws.amazon.com/") for row in rows)


WRONG = {
    ("--requests-per-day", "-1"): "--requests-per-day takes a number from 0 to 10,000,000.",
    ("--to", "myspace"): f"Known networks: {', '.join(sorted(CHANNELS))}.",
    ("--publish-share", "101"): "--publish-share takes a number from 0 to 100.",
    ("--images", "-0.5"): "--images takes a number from 0 to 20.",
    ("--month", "0"): "--month takes a whole number from 1 to 60.",
    ("--values", "mars"): "There are: dev, test, staging, prod.",
    ("--layout", "vast"): "omnipub cost --help",
    ("--infra", "mainframe"): "omnipub cost --help",
    ("--stage", "dev", "--requests-per-day", "5"): "with --stage: --to, --scheduled-share",
    ("--stage", "dev", "--values", "prod"): "Leave one of them out",
    ("--stage", "dev", "--infra", "serverless"): "Leave one of them out",
}


@pytest.mark.usefixtures("staged")
@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_input_says_what_is_allowed(words: tuple[str, ...], run: Run) -> None:
    ran = run("cost", *words)
    assert (ran.code, ran.out) == (2, "")
    assert WRONG[words] in ran.err.splitlines()[-1]


def test_the_bounds_that_are_typed_are_those_of_the_traffic() -> None:
    assert command.MOST_REQUESTS == traffic.MOST_REQUESTS
    assert command.MOST_MONTHS == traffic.MOST_MONTHS
    assert command.MOST_IMAGES == traffic.MOST_IMAGES
    assert command.MOST_IMAGE_KB == traffic.MOST_IMAGE_KB
    assert command.MOST_DAYS == measured.MOST_DAYS


def test_every_hint_works_when_it_is_typed(run: Run) -> None:
    said = run("cost").err
    hints = re.findall(r": omnipub (.+)$", said, re.MULTILINE)
    assert len(hints) == 2
    for words in hints:
        assert run(*shlex.split(words)).code == 0


@pytest.mark.usefixtures("staged")
def test_a_measured_stage_marks_what_was_counted_and_says_for_how_long(run: Run) -> None:
    ran = run("cost", "--stage", "dev", "--region", REGION)
    assert ran.code == 0, ran.err
    assert "of which the stage ran 48 hours" in ran.err
    assert f"warning: The stage is in {REGION}, whose prices differ." in ran.err
    assert "not built yet" not in ran.err
    told = run("cost", "--stage", "dev", "--region", REGION, "--json").json
    assert misfits(told, json_schema("cost")) == []
    assert (told["stage"], told["region"], told["measured"]["hours"]) == ("dev", REGION, 48)
    marked = {one["price"] for one in told["bills"][0]["charges"] if one["measured"]}
    assert {
        "lambda.requests",
        "lambda.arm",
        "http.requests",
        "dynamodb.writes",
        "kinesis.put",
        "logs.written",
    } <= marked
    assert "kms.calls" not in marked
    assert told["cells"] == told["goals"] == []


@pytest.mark.usefixtures("staged")
def test_a_stage_that_is_not_there_is_not_measured(run: Run) -> None:
    ran = run("cost", "--stage", "staging", "--region", REGION)
    assert ran.code == 3
    assert "There is no stage 'staging' in eu-west-1" in ran.err
    assert "omnipub deploy" in ran.err


def test_a_stage_that_never_ran_and_one_that_may_not_be_looked_at_say_so(run: Run, staged: SimpleNamespace) -> None:
    staged.cloudwatch = {"silent": True}
    silent = run("cost", "--stage", "dev", "--region", REGION)
    assert silent.code == 3
    assert (
        f"hint: See how it stands: omnipub doctor --stage dev --region {REGION}" in silent.err
        or "omnipub doctor --stage dev" in silent.err
    )
    staged.cloudwatch = {"denied": True}
    denied = run("cost", "--stage", "dev", "--region", REGION)
    assert denied.code == 6
    assert "cloudwatch:GetMetricData" in denied.err.splitlines()[-1]


def test_the_page_shows_the_numbers_that_its_words_name() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "omnipub_cli", "cost", "--json"], capture_output=True, text=True, check=True
        ).stdout
    )
    low, high = (
        {one["line"]: one["dollars"] for one in offer["lines"]} | {"Total": offer["total"]}
        for offer in told["bills"]
        if offer["infra"] == "serverless" and not offer["plan"] and offer["requests_per_day"] in {1_000, 100_000}
    )
    assert f"The shard (${low['Kinesis']:.2f}) and the firewall (${low['Firewall']:.2f}) alone are more than 15" in page
    assert (
        max((amount, name) for name, amount in high.items() if amount and name != "Total")[1] == "Data to the networks"
    )
    assert EDGE == "us-east-1"


def test_the_examples_of_the_page_work(run: Run) -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    block = re.search(r"```console\n(.+?)```", page, re.DOTALL)
    assert block
    typed = [line.removeprefix("omnipub ") for line in block[1].splitlines()]
    assert len(typed) == 5
    for line in typed:
        if "--stage" not in line:
            assert run(*shlex.split(line)).code == 0
