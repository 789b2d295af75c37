"""A call of the deployed scheduler: asked once, waited for, and what comes back told as a person meets it."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.lambda_scheduler import PATIENCE, LambdaScheduler
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import ConfigurationError, GateClosedError, OmnipubError, UnavailableError
from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
from omnipub.services.stream.wire_format import report_to, run_now_from
from omnipub_cli.framework.hint_commands import worded
from support.aws import Cloud
from support.faulty_botocore import break_into

ONE = Parent(kind=ParentKind.MESSAGE, id="01KB0CVP6ZJ7X3Q5N8T4W2E9HD")
ROW = RunNowResult(pk=f"MSG#{ONE.id}", channel="facebook", ready=True, dispatched=True, why="due")
LOGS = "omnipub logs tail scheduler --since 15m"
DEPLOY = "omnipub deploy --infra serverless"


class AnsweringLambda:
    """A client of Lambda whose function answers what it is told."""

    def __init__(self, payload: bytes, *, error: str = "") -> None:
        self.calls: list[dict[str, Any]] = []
        self._answer = {"StatusCode": 200, "Payload": io.BytesIO(payload)} | ({"FunctionError": error} if error else {})

    def of(self, service: str, patience: object) -> "AnsweringLambda":
        assert (service, patience) == ("lambda", PATIENCE)
        return self

    def invoke(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return self._answer


def called(line: AnsweringLambda) -> RunNowReport:
    return LambdaScheduler(line, "omnipub-dev-scheduler").run_now([ONE])  # type: ignore[arg-type]


def failed(payload: dict[str, Any] | bytes) -> OmnipubError:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(OmnipubError) as raised:
        called(AnsweringLambda(body, error="Unhandled"))
    return raised.value


def test_the_function_is_waited_for_and_its_answer_is_the_report() -> None:
    report = RunNowReport(rows=[ROW], dispatched=1)
    line = AnsweringLambda(json.dumps(report_to(report)).encode())
    assert called(line) == report
    (call,) = line.calls
    assert (call["FunctionName"], call["InvocationType"]) == ("omnipub-dev-scheduler", "RequestResponse")
    payload = json.loads(call["Payload"])
    assert (payload["source"], run_now_from(payload)) == ("omnipub.run-now", [ONE])


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'{"lost": 0}', b'{"rows": [1]}', b"\xff"])
def test_an_answer_of_another_kind_is_no_report_and_says_what_to_type(payload: bytes) -> None:
    with pytest.raises(ConfigurationError, match="none that this omnipub understands") as raised:
        called(AnsweringLambda(payload))
    assert worded(raised.value.hints).endswith(DEPLOY)


def test_a_closed_gate_is_told_as_here() -> None:
    sentence = "This table belongs to another place; its scheduler ran last at noon. Nothing is sent from it."
    error = failed({"errorType": "GateClosedError", "errorMessage": sentence, "stackTrace": ["…"]})
    assert (type(error), error.message) == (GateClosedError, sentence)
    assert worded(error.hints).endswith("omnipub table adopt")


@pytest.mark.parametrize(
    ("kind", "said", "ours", "sentence"),
    [
        ("UnavailableError", "The table t-1 does not answer: X.", UnavailableError, "The table t-1 does not answer"),
        ("ConfigurationError", "OMNIPUB_KEY is missing.", ConfigurationError, "OMNIPUB_KEY is missing."),
        ("TypeError", "one\ntwo", OmnipubError, "The scheduler broke: TypeError: one"),
        ("Runtime.ExitError", "RequestId: 1 Error: signal: killed", OmnipubError, "signal: killed"),
        ("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 240.00 seconds", UnavailableError, "its time"),
        ("", "2026-11-23T09:00:00Z 1 Task timed out after 240.00 seconds", UnavailableError, "out of its time"),
        ("ValueError", "time data '' is not a moment", OmnipubError, "The scheduler broke: ValueError"),
    ],
)
def test_a_run_that_failed_says_why_and_where_more_stands(
    kind: str, said: str, ours: type[OmnipubError], sentence: str
) -> None:
    error = failed({"errorType": kind, "errorMessage": said} if kind else {"errorMessage": said})
    assert type(error) is ours
    assert sentence in error.message
    assert "two" not in error.message
    assert worded(error.hints).endswith(LOGS)


@pytest.mark.parametrize("payload", [b"", b"null", b"not json"])
def test_a_failure_without_words_is_one_all_the_same(payload: bytes) -> None:
    error = failed(payload)
    assert error.message.startswith("The scheduler broke")
    assert worded(error.hints).endswith(LOGS)


@pytest.mark.parametrize(
    "known", ["omnipub.tick and omnipub.nudge", "omnipub.tick, omnipub.nudge and omnipub.something"]
)
def test_a_scheduler_that_does_not_know_the_event_is_older(known: str) -> None:
    said = f"the scheduler knows {known}, not 'omnipub.run-now'"
    error = failed({"errorType": "ValueError", "errorMessage": said})
    assert type(error) is ConfigurationError
    assert "older than this one" in error.message
    assert worded(error.hints).endswith(DEPLOY)


def test_the_deployed_handlers_own_words_are_those_that_are_recognised(bed: Any) -> None:
    from omnipub.handlers import scheduler

    with pytest.raises(ValueError, match="omnipub") as raised:
        scheduler.build(bed.system)({"source": "omnipub.later"}, None)
    said = str(raised.value)
    assert said.startswith("the scheduler knows")
    assert said.endswith(repr("omnipub.later"))


def patient(cloud: Cloud) -> Any:
    """The one client that calls of the scheduler use, for `break_into`."""
    return SimpleNamespace(of=lambda service: cloud.clients.of(service, PATIENCE))


@pytest.mark.parametrize(
    ("fault", "ours", "sentence"),
    [
        ("lost", UnavailableError, r"did not answer \(ReadTimeoutError\); it may have run"),
        ("unreachable", UnavailableError, "does not answer: EndpointConnectionError"),
        ("error", UnavailableError, "did not take the request: InternalServerError"),
        ("throttle", UnavailableError, "did not take the request: ThrottlingException"),
        ("code TooManyRequestsException", UnavailableError, "did not take the request: TooManyRequestsException"),
        ("code ResourceConflictException", UnavailableError, "is being deployed"),
        ("code AccessDeniedException", ConfigurationError, "AWS does not allow this for The function"),
        ("ok", ConfigurationError, "does not exist in this account and region"),
    ],
)
def test_a_call_is_made_once_whatever_becomes_of_it(
    over_moto: Cloud, monkeypatch: pytest.MonkeyPatch, fault: str, ours: type[OmnipubError], sentence: str
) -> None:
    faulty = break_into(monkeypatch, patient(over_moto), "lambda", {"Invoke"}, fault)
    with pytest.raises(ours, match=sentence) as raised:
        LambdaScheduler(over_moto.clients, "omnipub-none").run_now()
    assert raised.value.hints
    assert faulty.made() == [fault]


def test_calls_of_the_scheduler_are_patient_and_hand_overs_are_not() -> None:
    clients = Clients(region="eu-west-1")
    waiting, hurrying = clients.of("lambda", PATIENCE), clients.of("lambda")
    assert waiting is clients.of("lambda", PATIENCE) is not hurrying
    assert waiting.meta.config.read_timeout == PATIENCE.reading
    assert waiting.meta.config.retries["total_max_attempts"] == 1
    assert hurrying.meta.config.read_timeout < PATIENCE.reading
    clients.close()
