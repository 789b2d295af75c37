"""Where the figures about limits come from: one bounded set of calls, each of which may fail by itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, UnknownServiceError
from botocore.stub import ANY, Stubber

from omnipub.errors import ConfigurationError, UnavailableError
from omnipub.services.health.finding import Finding, Health
from omnipub_cli.deployment.ports import Resource, Stack
from omnipub_cli.deployment.quotas import quota_check
from omnipub_cli.deployment.quotas.cloudwatch_metrics import METRICS, counted
from omnipub_cli.deployment.quotas.codes import REQUESTS
from omnipub_cli.deployment.quotas.judgement import PREFIX, Limit
from omnipub_cli.deployment.quotas.quota_check import quotas
from omnipub_cli.deployment.quotas.quota_limits import ROWS
from omnipub_cli.deployment.quotas.sources import SOURCES
from omnipub_cli.deployment.quotas.sources_aws import applied
from omnipub_cli.deployment.stage.stack_outputs import facts
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS

ROOT = Path(__file__).parents[4]
REGION = "eu-west-1"
ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream"
NOW = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
"""The first moment of a month."""

Answer = Mapping[str, Any] | str | Exception
"""What a call is answered with; text is the code of an error."""

WELL: Mapping[tuple[str, str], Answer] = {
    ("lambda", "get_account_settings"): {
        "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}
    },
    ("lambda", "get_function_concurrency"): {},
    ("kinesis", "describe_stream_summary"): {
        "StreamDescriptionSummary": {
            "StreamName": "stream-1",
            "StreamARN": f"{ARN}/stream-1",
            "StreamStatus": "ACTIVE",
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "RetentionPeriodHours": 24,
            "StreamCreationTimestamp": NOW,
            "EnhancedMonitoring": [],
            "OpenShardCount": 2,
        }
    },
    ("lambda", "list_event_source_mappings"): {
        "EventSourceMappings": [
            {"EventSourceArn": f"{ARN}/stream-1", "ParallelizationFactor": 10},
            {"EventSourceArn": f"{ARN}/other", "ParallelizationFactor": 9},
        ]
    },
    ("kinesis", "describe_limits"): {
        "ShardLimit": 500,
        "OpenShardCount": 2,
        "OnDemandStreamCount": 0,
        "OnDemandStreamCountLimit": 50,
    },
    ("dynamodb", "describe_limits"): {"TableMaxWriteCapacityUnits": 40000, "TableMaxReadCapacityUnits": 40000},
    ("apigatewayv2", "get_stage"): {"StageName": "$default", "DefaultRouteSettings": {"ThrottlingRateLimit": 50.0}},
    ("service-quotas", "get_service_quota"): {"Quota": {"Value": 10000.0}},
    ("sesv2", "get_account"): {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {"Max24HourSend": 50000.0, "SentLast24Hours": 12.0, "MaxSendRate": 14.0},
    },
    ("sns", "get_sms_attributes"): {"attributes": {"MonthlySpendLimit": "10"}},
    ("sns", "get_sms_sandbox_account_status"): {"IsInSandbox": False},
}
"""Operation → what it answers when all is well, in the order of the calls."""

MAIL = '{"Action": ["ses:SendEmail", "ses:SendRawEmail"]}'
TEXTS = '{"Action": "sns:Publish"}'


class FakeStacks:
    """CloudFormation with an API and a worker that may send what the template says."""

    def __init__(self, template: str, *, api: bool) -> None:
        self._template = template
        self._api = api

    def find(self, name: str) -> Stack | None:
        return Stack(name=name, status="CREATE_COMPLETE") if self._api else None

    def resources(self, name: str) -> list[Resource]:
        assert name == "OmnichannelApiStack-dev"
        return [
            Resource(logical="Api", physical="abc123", kind="AWS::ApiGatewayV2::Api"),
            Resource(logical="Function", physical="omnipub-dev-api", kind="AWS::Lambda::Function"),
            Resource(logical="Route", physical="r1", kind="AWS::ApiGatewayV2::Route"),
        ]

    def template(self, name: str) -> str:
        assert name == "OmnichannelWorkerStack-dev"
        return self._template


class CloudWatch:
    """Answers with one value for the metrics it is told of, and with none for all others."""

    def __init__(self, values: Mapping[str, float], *, kept_back: str = "") -> None:
        self.values = values
        self.kept_back = kept_back
        self.calls: list[Mapping[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> Mapping[str, Any]:
        self.calls.append(asked)
        return {"MetricDataResults": [self._result(one) for one in asked["MetricDataQueries"]]}

    def _result(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        name = query["MetricStat"]["Metric"]["MetricName"]
        values = [1.0, self.values[name], 0.0] if name in self.values else []
        status = "Forbidden" if name == self.kept_back else "Complete"
        return {"Id": query["Id"], "StatusCode": status, "Values": values}


class FakeClients:
    """Stubbed clients, each made when its first answer is given."""

    def __init__(self, stubs: list[Stubber]) -> None:
        self.made: dict[str, Any] = {}
        self._missing: dict[str, Exception] = {}
        self._stubs = stubs

    def answer(self, service: str, operation: str, answer: Answer) -> None:
        if isinstance(answer, Exception):
            self._missing[service] = answer
            return
        if service not in self.made:
            self.made[service] = aws().create_client(service, region_name=REGION)
            self._stubs.append(Stubber(self.made[service]))
            self._stubs[-1].activate()
            self.made[service].stub = self._stubs[-1]
        stub = self.made[service].stub
        if isinstance(answer, str):
            status = 403 if "Denied" in answer or "Authorization" in answer else 400
            stub.add_client_error(operation, answer, "User ada may not do this.", status)
        else:
            stub.add_response(operation, answer)

    def of(self, service: str) -> Any:
        if service in self._missing:
            raise self._missing[service]
        return self.made[service]


def _is_asked(service: str, sends: str, *, api: bool) -> bool:
    if service in {"apigatewayv2", "service-quotas"}:
        return api
    return {"sesv2": MAIL, "sns": TEXTS}.get(service, "") in sends


Looked = Callable[..., list[Finding]]


@pytest.fixture
def looked() -> Iterator[Looked]:
    """Looks at a stage where all is well but for what is told."""
    stubs: list[Stubber] = []

    def looked(
        *,
        sends: str = "",
        api: bool = True,
        answers: Mapping[tuple[str, str], Answer] | None = None,
        cloudwatch: CloudWatch | None = None,
    ) -> list[Finding]:
        clients = FakeClients(stubs)
        clients.made["cloudwatch"] = cloudwatch or CloudWatch({})
        for (service, operation), answer in {**WELL, **(answers or {})}.items():
            if _is_asked(service, sends, api=api):
                clients.answer(service, operation, answer)
        stacks = FakeStacks(sends, api=api)
        stage: Any = SimpleNamespace(
            name="dev",
            region=REGION,
            facts=facts("dev", OUTPUTS),
            account=SimpleNamespace(stacks=lambda _region: stacks),
            clients=clients,
        )
        return list(quotas(stage))

    yield looked
    for stub in stubs:
        stub.assert_no_pending_responses()


def test_where_all_is_well_one_line_says_so_and_every_row_was_looked_at(looked: Looked) -> None:
    (well,) = looked(sends=MAIL + TEXTS)
    assert (well.name, well.health) == ("quotas", Health.OK)
    names = dict.fromkeys(row.name.removeprefix(PREFIX) for row in ROWS)
    assert well.what == f"Below 80 % of the limit, and nothing refused: {', '.join(names)}."


def test_each_row_has_a_source_of_its_figures(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, float] = {}
    monkeypatch.setattr(
        quota_check, "judged", lambda _rows, figures, _names, unseen: seen.update(figures) or iter(unseen)
    )
    assert looked(sends=MAIL + TEXTS) == []
    wanted = {name for row in ROWS for name in ((row.used, row.limit) if isinstance(row, Limit) else (row.seen,))}
    assert wanted - set(seen) == set()


def test_mail_and_text_messages_are_looked_at_only_where_the_worker_may_send_them(looked: Looked) -> None:
    cloudwatch = CloudWatch({})
    looked(cloudwatch=cloudwatch)
    assert len(cloudwatch.calls) == 1
    spaces = {one["MetricStat"]["Metric"]["Namespace"] for one in cloudwatch.calls[0]["MetricDataQueries"]}
    assert spaces == {"AWS/Lambda", "AWS/Kinesis", "AWS/DynamoDB", "AWS/ApiGateway"}


def test_everything_is_counted_by_one_call_for_a_day_and_one_for_the_month() -> None:
    cloudwatch = CloudWatch({})
    names = {"stream": "s", "table": "t", "worker": "w", "sender": "n", "scheduler": "c", "api": "a", "api id": "i"}
    told = dict(counted(cloudwatch, {"mail": 1, "texts": 1}, names, NOW))
    assert told == {metric.figure: 0.0 for metric in METRICS}
    day, month = cloudwatch.calls
    assert len(day["MetricDataQueries"]) + len(month["MetricDataQueries"]) == len(METRICS)
    assert day["StartTime"] == NOW - timedelta(days=1)
    assert month["StartTime"] == NOW < month["EndTime"]
    client = aws().create_client("cloudwatch", region_name=REGION)
    with Stubber(client) as stub:  # which knows what CloudWatch takes
        for call in cloudwatch.calls:
            stub.add_response("get_metric_data", {"MetricDataResults": []}, call)
            client.get_metric_data(**call)


def test_the_answer_is_read_to_its_last_page() -> None:
    client = aws().create_client("cloudwatch", region_name=REGION)
    asked = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    page = {"Id": "m0", "StatusCode": "PartialData", "Values": [4.0]}
    rest = [{"Id": f"m{place}", "StatusCode": "Complete", "Values": []} for place in range(1, len(METRICS))]
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [page, *rest], "NextToken": "more"}, asked)
        last = {"Id": "m0", "StatusCode": "Complete", "Values": [7.0, 2.0]}
        stub.add_response("get_metric_data", {"MetricDataResults": [last]}, asked | {"NextToken": "more"})
        assert dict(counted(client, {}, {}, NOW))["lambda.used"] == 7.0


def test_a_minutes_sum_is_told_as_a_second_and_a_days_refusals_are_added_up(looked: Looked) -> None:
    found = looked(cloudwatch=CloudWatch({"IncomingRecords": 60 * 1700.0, "WriteProvisionedThroughputExceeded": 4.0}))
    near, refused, well = found
    assert near.what.startswith("Records a second put on the stream: 1,700 of 2,000 (85 %) in the busiest minute")
    assert (near.health, near.next) == (Health.WARN, "deploy Data --infra serverless")
    assert (refused.health, "a shard was full: 5." in refused.what) == (Health.BAD, True)
    assert well.health is Health.OK


def test_what_the_trigger_may_want_is_held_against_what_is_left_for_the_worker(looked: Looked) -> None:
    small = {"AccountLimit": {"ConcurrentExecutions": 50, "UnreservedConcurrentExecutions": 20}}
    near, _ = looked(answers={("lambda", "get_account_settings"): small})
    assert "20 of 20 that it may have (100 %)" in near.what
    assert near.health is Health.WARN
    assert "--desired-value 100" in near.elsewhere
    (well,) = looked(
        answers={
            ("lambda", "get_account_settings"): small,
            ("lambda", "get_function_concurrency"): {"ReservedConcurrentExecutions": 30},
        }
    )
    assert well.health is Health.OK
    short, _ = looked(answers={("lambda", "get_function_concurrency"): {"ReservedConcurrentExecutions": 5}})
    assert "20 of 5" in short.what


def test_a_stream_that_widens_itself_has_no_limit_of_shards(looked: Looked) -> None:
    answer: Any = WELL["kinesis", "describe_stream_summary"]
    widens = {
        "StreamDescriptionSummary": answer["StreamDescriptionSummary"]
        | {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    }
    (well,) = looked(
        answers={("kinesis", "describe_stream_summary"): widens}, cloudwatch=CloudWatch({"IncomingRecords": 10.0**9})
    )
    assert well.health is Health.OK


def test_a_stage_without_an_api_is_not_asked_for_one(looked: Looked) -> None:
    (well,) = looked(api=False)
    assert well.health is Health.OK
    assert "Not looked at" not in well.what


SENDING: Mapping[str, tuple[tuple[str, str], Mapping[str, Any], Health]] = {
    "goes to verified addresses": (("sesv2", "get_account"), {"ProductionAccessEnabled": False}, Health.WARN),
    "turned off in SES": (("sesv2", "get_account"), {"SendingEnabled": False}, Health.BAD),
    "under review": (("sesv2", "get_account"), {"EnforcementStatus": "PROBATION"}, Health.WARN),
    "paused": (("sesv2", "get_account"), {"EnforcementStatus": "SHUTDOWN"}, Health.BAD),
    "45,000 of 50,000 (90 %) in the last 24 hours": (
        ("sesv2", "get_account"),
        {"SendQuota": {"Max24HourSend": 50000.0, "SentLast24Hours": 45000.0, "MaxSendRate": 14.0}},
        Health.WARN,
    ),
    "9.5 of 10 US dollars (95 %) since this month": (("sns", "get_sms_attributes"), {}, Health.WARN),
    "names no monthly limit": (("sns", "get_sms_attributes"), {"attributes": {}}, Health.WARN),
    "verified numbers alone": (("sns", "get_sms_sandbox_account_status"), {"IsInSandbox": True}, Health.WARN),
}
"""What is told → which answer differs how, and how it is meant."""


@pytest.mark.parametrize("told", SENDING)
def test_what_stops_mail_and_text_messages_is_told(looked: Looked, told: str) -> None:
    operation, change, health = SENDING[told]
    answer: Any = WELL[operation]
    spent = 9.5 if "dollars" in told else 0.5
    found = looked(
        sends=MAIL + TEXTS,
        answers={operation: answer | change},
        cloudwatch=CloudWatch({"SMSMonthToDateSpentUSD": spent}),
    )
    (one,) = [one for one in found if one.health is not Health.OK]
    assert told in one.what
    assert one.health is health


def test_a_missing_right_is_a_finding_with_the_actions_name_and_all_else_is_looked_at(looked: Looked) -> None:
    rights, near, well = looked(
        sends=TEXTS,
        answers={
            ("kinesis", "describe_limits"): "AccessDeniedException",
            ("service-quotas", "get_service_quota"): "AccessDeniedException",
            ("sns", "get_sms_attributes"): "AuthorizationError",
        },
        cloudwatch=CloudWatch({"ConcurrentExecutions": 900.0}),
    )
    assert rights.health is Health.WARN
    for action in ("kinesis:DescribeLimits", "servicequotas:GetServiceQuota", "sns:GetSMSAttributes"):
        assert action in rights.what
    assert near.what.startswith("Runs of functions side by side: 900 of 1,000 (90 %)")
    unseen = "the account's shards, the account's requests, the limit of text messages"
    assert well.what.endswith(f"Not looked at: {unseen}.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (EndpointConnectionError(endpoint_url="https://example.com"), "Service Quotas does not answer"),
        (UnknownServiceError(service_name="service-quotas", known_service_names="all"), f"not there in {REGION}"),
        ("InvalidAction", "Service Quotas refused: User ada may not do this."),
        ({"Quota": {}}, "The answer has no 'Value'."),
    ],
)
def test_a_service_that_is_not_there_is_a_finding(looked: Looked, answer: Answer, told: str) -> None:
    one, well = looked(answers={("service-quotas", "get_service_quota"): answer})
    assert (one.name, one.health) == ("quotas", Health.WARN)
    assert one.what.startswith("Not looked at: the account's requests. ")
    assert told in one.what
    assert well.what.endswith("Not looked at: the account's requests.")


def test_a_metric_that_cloudwatch_keeps_back_is_named_and_not_taken_for_none(looked: Looked) -> None:
    cloudwatch = CloudWatch({"ConcurrentExecutions": 900.0}, kept_back="IncomingBytes")
    one, near, well = looked(cloudwatch=cloudwatch)
    assert "CloudWatch does not tell AWS/Kinesis IncomingBytes." in one.what
    assert "900 of 1,000" in near.what
    assert "Not looked at: what was used and refused." in well.what
    with pytest.raises(UnavailableError, match="IncomingBytes"):
        dict(counted(CloudWatch({}, kept_back="IncomingBytes"), {}, {"stream": "s"}, NOW))


def test_without_any_credentials_nothing_is_fine(looked: Looked) -> None:
    gone = ConfigurationError("There are no credentials for AWS: expired", hint="Sign in: aws sso login")
    found = looked(answers=dict.fromkeys(WELL, gone), cloudwatch=CloudWatch({}))
    assert {one.health for one in found if "credentials" in one.what} == {Health.WARN}
    assert "aws sso login" in found[0].what


def test_a_limit_that_was_never_changed_is_that_of_everybody() -> None:
    client = aws().create_client("service-quotas", region_name=REGION)
    asked = {"ServiceCode": "apigateway", "QuotaCode": "L-8A5B8E43"}
    with Stubber(client) as stub:
        stub.add_client_error("get_service_quota", "NoSuchResourceException", "", 400, expected_params=asked)
        stub.add_response("get_aws_default_service_quota", {"Quota": {"Value": 10000.0}}, asked)
        assert applied(client, REQUESTS) == 10000.0
        stub.assert_no_pending_responses()


def test_each_right_is_an_operation_that_aws_has() -> None:
    prefixes = {"ses": "sesv2", "servicequotas": "service-quotas"}
    assert [right for source in SOURCES for right in source.rights if right != "apigateway:GET"]
    for source in SOURCES:
        for right in source.rights:
            service, _, action = right.partition(":")
            if right == "apigateway:GET":  # its actions are the methods of HTTP
                continue
            assert action in aws().get_service_model(prefixes.get(service, service)).operation_names


def test_the_documentation_names_each_right() -> None:
    told = (ROOT / "docs" / "stages.md").read_text()
    for source in SOURCES:
        for right in source.rights:
            assert f"`{right}`" in told
    metrics = sum(not metric.needs for metric in METRICS)
    assert f"asks CloudWatch for {metrics} metrics" in told
