"""`schedule run-now` on a stage on AWS: one call of its scheduler, behind the guard, and its answer as ever."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from omnipub.adapters.aws.clients import Clients
from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
from omnipub.services.stream.wire_format import report_to
from omnipub_cli.deployment import account
from omnipub_cli.deployment.aws_clients import OperatorSession
from omnipub_cli.deployment.ports import Caller, Stack
from omnipub_cli.output.json_schemas import json_schema
from support.aws import CREDENTIALS
from support.staged import ACCOUNT, OUTPUTS

ID = "01KB0CVP6ZJ7X3Q5N8T4W2E9HD"
PUT = RunNowResult(pk=f"MSG#{ID}", channel="facebook", ready=True, dispatched=True, why="due")
AHEAD = RunNowResult(
    pk=f"MSG#{ID}", channel="linkedin", ready=False, dispatched=False, why="not due yet: 2026-12-01T09:00Z"
)
LOST = RunNowResult(pk=f"MSG#{ID}", channel="bluesky", ready=True, dispatched=False, why="the stream did not take it")
WHERE = f"Writing to stage dev (posts are real) in account {ACCOUNT}, eu-west-1, as user/ada."


class Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]


@dataclass
class Deployed:
    """A stage whose services answer nothing but calls of its scheduler."""

    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: json.loads(json.dumps(OUTPUTS)))
    answer: bytes = b""
    error: str = ""
    status: int = 200
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def caller(self) -> Caller:
        return Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/ada")

    def stacks(self, region: str) -> "Deployed":  # noqa: ARG002  the port's
        return self

    def find(self, name: str) -> Stack | None:
        short = name.removeprefix("Omnichannel").partition("Stack")[0]
        outputs = self.outputs.get(short)
        return Stack(name=name, status="UPDATE_COMPLETE", outputs=outputs) if outputs else None

    def clients(self, region: str, *, before_call: Any) -> Clients:
        return OperatorSession().clients(region, before_call=before_call)

    def close(self) -> None:
        """Nothing is open."""

    def does(self, report: RunNowReport) -> None:
        self.answer = json.dumps(report_to(report)).encode()

    def breaks(self, kind: str, said: str) -> None:
        self.error, self.answer = "Unhandled", json.dumps({"errorType": kind, "errorMessage": said}).encode()

    def answers(self, request: Any, **_: Any) -> AWSResponse:
        """In botocore's place, below the guard."""
        if "X-Amz-Target" in request.headers:  # the table, which has no pauses
            self.read.append(str(request.headers["X-Amz-Target"].decode()))
            return AWSResponse(request.url, 200, {}, Raw(b'{"Items": [], "Count": 0, "ScannedCount": 0}'))
        function = request.url.split("/functions/")[1].split("/")[0]
        self.asked.append((function, json.loads(request.body)))
        headers = {"x-amz-function-error": self.error} if self.error else {}
        if self.status != 200:
            headers["x-amzn-errortype"] = "TooManyRequestsException"
        return AWSResponse(request.url, self.status, headers, Raw(self.answer))


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deployed:
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Deployed()
    monkeypatch.setattr(account, "connect", lambda _profile: made)
    real = Clients._make

    def over(self: Clients, *wanted: Any) -> Any:
        client = real(self, *wanted)
        client.meta.events.register("before-send", made.answers)
        return client

    monkeypatch.setattr(Clients, "_make", over)
    return made


@pytest.fixture
def run_now(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.delenv("OMNIPUB_DATA")
    return lambda *words: run("schedule", "run-now", *words, "--stage", "dev", "--region", "eu-west-1")


def test_the_deployed_scheduler_is_called_once_and_its_answer_is_the_table(
    deployed: Deployed, run_now: Callable[..., Any]
) -> None:
    deployed.does(RunNowReport(rows=[PUT, AHEAD], dispatched=1, skipped=1))
    done = run_now()
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"{ID}\tfacebook\tdispatched\tdue",
        f"{ID}\tlinkedin\tnot now\tnot due yet: 2026-12-01T09:00Z",
    ]
    where, said = done.err.splitlines()
    assert where == WHERE
    assert said.startswith("Dispatched: 1.")
    assert deployed.asked == [("omnipub-dev-scheduler", {"source": "omnipub.run-now", "parents": []})]


def test_its_json_has_the_published_fields(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.does(RunNowReport(rows=[PUT, AHEAD], dispatched=1, skipped=1))
    told = json.loads(run_now("--json").out)
    assert set(told) == set(json_schema("schedule run-now")["properties"])
    assert (told["dry_run"], told["dispatched"], told["skipped"], told["left_out"]) == (False, 1, 1, 0)
    assert told["deliveries"][0] == {
        "id": ID,
        "channel": "facebook",
        "ready": True,
        "dispatched": True,
        "why": "due",
    }
    deployed.asked.clear()
    assert run_now("--quiet").out == f"{ID}\n"


def test_a_short_list_says_that_it_is_one(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.does(RunNowReport(rows=[PUT], dispatched=12_000, skipped=5))
    done = run_now()
    assert done.code == 0
    assert "The list is short: 1 of 12,005 deliveries." in done.err
    assert "Dispatched: 12000." in done.err
    assert "The list is short: 1 of 12,005 deliveries." in run_now("--quiet").err
    machine = run_now("--json")
    assert json.loads(machine.out)["left_out"] == 12_004
    assert json.loads(machine.err.splitlines()[-1]) == {"listed": 1, "deliveries": 12_005}


def test_what_the_stream_did_not_take_is_a_failure(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.does(RunNowReport(rows=[LOST], dispatched=0, skipped=1, lost=1))
    done = run_now()
    assert done.code == 1
    assert "The stream did not take 1." in done.err
    assert "Nothing is due" not in done.err
    assert "schedule run-now --stage dev --region eu-west-1" in done.err


def test_nothing_due_says_so(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.does(RunNowReport())
    done = run_now()
    assert (done.code, done.out) == (0, "")
    assert "Nothing is due now." in done.err


@pytest.mark.parametrize(
    ("kind", "said", "code", "sentence", "hint"),
    [
        ("GateClosedError", "This table is older.", 4, "This table is older.", "omnipub table adopt --stage dev"),
        ("UnavailableError", "Throttled.", 5, "Throttled.", "logs tail scheduler --since 15m --stage dev"),
        ("Sandbox.Timedout", "Task timed out after 240.00 seconds", 5, "its time", "logs tail scheduler --since 15m"),
        ("KeyError", "'x'", 1, "The scheduler broke: KeyError: 'x'", "logs tail scheduler --since 15m"),
        (
            "ValueError",
            "the scheduler knows omnipub.tick and omnipub.nudge, not 'omnipub.run-now'",
            6,
            "The deployed omnipub is older than this one",
            "omnipub deploy --infra serverless --stage dev",
        ),
    ],
)
def test_a_run_that_failed_there_is_one_sentence_and_what_to_type_here(  # noqa: PLR0917  a row of the table
    deployed: Deployed, run_now: Callable[..., Any], kind: str, said: str, code: int, sentence: str, hint: str
) -> None:
    deployed.breaks(kind, said)
    done = run_now()
    assert (done.code, done.out) == (code, "")
    assert sentence in done.err
    assert hint in done.err.splitlines()[-1]
    assert len(deployed.asked) == 1


def test_a_throttled_call_is_told_and_not_repeated(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.status, deployed.answer = 429, b'{"Message": "Rate exceeded", "Reason": "CallerRateLimitExceeded"}'
    done = run_now()
    assert (done.code, done.out) == (5, "")
    assert "did not take the request: TooManyRequestsException" in done.err
    assert len(deployed.asked) == 1


def test_where_the_table_has_another_shape_nothing_is_called(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    deployed.outputs["Worker"]["Schema"] = "000000000000"
    done = run_now()
    assert (done.code, done.out) == (4, "")
    assert "another shape" in done.err
    assert deployed.asked == []


def test_what_is_no_id_is_refused_before_anything_is_asked(deployed: Deployed, run_now: Callable[..., Any]) -> None:
    done = run_now("yesterday")
    assert done.code == 2
    assert "'yesterday' is not an id" in done.err
    assert deployed.asked == []
