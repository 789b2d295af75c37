"""How near its limits a stage is: what is fine, what is near, what was refused, and what to type then."""

import re
import shlex
from collections.abc import Sequence

import pytest
from botocore import xform_name

from omnipub.services.health.finding import Finding, Health
from omnipub_cli.deployment.quotas.codes import CODES
from omnipub_cli.deployment.quotas.judgement import PREFIX, Limit, Quota, QuotaRemedy, Row, Sign, judged, number
from omnipub_cli.deployment.quotas.quota_limits import ROWS
from support.described import aws

NAMES = {"region": "eu-west-1", "stream": "stream-1", "table": "table-1"}
RUNS = Limit(
    name="quota runs",
    what="Runs side by side",
    used="used",
    limit="limit",
    unit="of the account",
    window="in the last day",
    remedy=QuotaRemedy(
        sentence="More are refused.", quota=Quota(service="lambda", code="L-B99A9384", name="Concurrent executions")
    ),
)
REFUSED = Sign(
    name="quota stream",
    seen="refused",
    sentence="Puts refused: {seen}.",
    remedy=QuotaRemedy(sentence="Another shard helps.", next="deploy Data --infra serverless"),
)


def of(*rows: Row, unseen: Sequence[str] = (), **figures: float) -> list[Finding]:
    return list(judged(rows, figures, NAMES, unseen=unseen))


@pytest.mark.parametrize(
    ("used", "limit", "health"),
    [
        (0, 1000, "ok"),
        (79, 100, "ok"),
        (799.9, 1000, "ok"),
        (80, 100, "warn"),
        (8, 10, "warn"),
        (99.9, 100, "warn"),
        (100, 100, "bad"),
        (250, 100, "bad"),
        (0, 0, "bad"),
        (10**9, -1, "ok"),
    ],
)
def test_a_limit_is_near_from_four_fifths_and_reached_at_the_whole(used: float, limit: float, health: str) -> None:
    found = RUNS.judged({"used": used, "limit": limit}, NAMES)
    assert found is not None
    assert found.health.value == health


@pytest.mark.parametrize("figures", [{}, {"used": 1.0}, {"limit": 1.0}])
def test_what_is_not_known_is_not_judged(figures: dict[str, float]) -> None:
    assert RUNS.judged(figures, NAMES) is None
    assert REFUSED.judged(figures, NAMES) is None
    assert of(RUNS, REFUSED, **figures) == []


def test_a_near_limit_says_the_figure_the_limit_the_window_and_the_command_that_asks_for_twice_as_much() -> None:
    (near,) = of(RUNS, used=850, limit=1000)
    assert near.what == "Runs side by side: 850 of 1,000 of the account (85 %) in the last day. More are refused."
    assert near.next == ""
    assert near.elsewhere == (
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
        "--desired-value 2000 --region eu-west-1"
    )


def test_almost_all_is_not_told_as_all() -> None:
    (near,) = of(RUNS, used=999, limit=1000)
    assert "(99 %)" in near.what
    (full,) = of(RUNS, used=0, limit=0)
    assert "0 of 0 of the account (all of it)" in full.what
    assert full.elsewhere == ""


def test_what_is_wanted_and_not_yet_used_is_never_worse_than_worth_a_look() -> None:
    wanted = next(row for row in ROWS if isinstance(row, Limit) and row.used == "worker.wanted")
    (found,) = of(wanted, **{"worker.wanted": 20.0, "worker.room": 10.0, "lambda.limit": 1000.0})
    assert found.health is Health.WARN
    assert "20 of 10" in found.what
    assert "--desired-value 2000" in found.elsewhere


def test_one_refusal_is_wrong_and_none_is_fine() -> None:
    (found,) = of(REFUSED, refused=3)
    assert (found.health, found.what) == (Health.BAD, "Puts refused: 3. Another shard helps.")
    assert (found.next, found.elsewhere) == ("deploy Data --infra serverless", "")
    (well,) = of(REFUSED, refused=0)
    assert (well.name, well.health) == ("quotas", Health.OK)


def test_one_line_sums_up_what_is_fine_and_names_what_was_not_looked_at() -> None:
    (well,) = of(RUNS, REFUSED, used=1, limit=1000, refused=0)
    assert well.what == "Below 80 % of the limit, and nothing refused: runs, stream."
    *_, rest = of(RUNS, REFUSED, used=900, limit=1000, refused=0, unseen=["mail", "the account's shards"])
    assert rest.what == (
        "Below 80 % of the limit, and nothing refused: stream. Not looked at: mail, the account's shards."
    )
    assert [one.health for one in of(RUNS, used=900, limit=1000)] == [Health.WARN]


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0"), (0.25, "0.25"), (3, "3"), (9.87654, "9.9"), (1048576.4, "1,048,576"), (10.5, "10")]
)
def test_figures_are_told_to_people(value: float, told: str) -> None:
    assert number(value) == told


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}: {row.used if isinstance(row, Limit) else row.seen}")
def test_each_row_that_is_not_fine_says_what_to_type(row: Row) -> None:
    seen = {"lambda.limit": 1000.0}
    figures = seen | ({row.used: 9.0, row.limit: 10.0} if isinstance(row, Limit) else {row.seen: 1.0})
    (found,) = judged([row], figures, NAMES, unseen=())
    assert found.name.startswith(PREFIX)
    assert bool(found.next) != bool(found.elsewhere)
    assert "{" not in found.what + found.elsewhere
    assert found.what.endswith(".")
    if found.elsewhere:
        _is_a_command_of_aws(found.elsewhere)


def _is_a_command_of_aws(command: str) -> None:
    """Service, operation and options of the command are those that botocore knows."""
    _, service, operation, *rest = shlex.split(command)
    model = aws().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names
    shape = model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-") for name in (shape.members if shape else ())}
    typed = {word.removeprefix("--").removeprefix("no-") for word in rest if word.startswith("--")} - {"region"}
    assert typed <= members


def test_a_code_has_the_form_that_aws_gives_them_and_stands_once() -> None:
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", one.code) for one in CODES)
    assert len({(one.service, one.code) for one in CODES}) == len(CODES)
