"""A stage `dev` in eu-west-1 that answers from a file in AWS's own form: CloudFormation, CloudWatch and DynamoDB.

botocore checks each question and each answer against the services' own models. The figures in the file are made up:
no stage on AWS has been measured yet.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.stub import Stubber

from omnipub_cli.deployment.ports import Caller, Resource, Stack
from omnipub_cli.deployment.stage.stack_outputs import facts
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS

RECORDED: Mapping[str, Any] = json.loads((Path(__file__).parent / "recorded_stage.json").read_text())
NOW = datetime.fromisoformat(RECORDED["now"])
REGION, EDGE = "eu-west-1", "us-east-1"


class RecordedCloudWatch:
    """CloudWatch of a region."""

    def __init__(self, region: str, *, silent: bool = False, kept_back: str = "", denied: bool = False) -> None:
        self._region = region
        self._silent = silent
        self._kept_back = kept_back
        self._denied = denied
        self.asked: list[Mapping[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> Mapping[str, Any]:
        """What the file has of each metric; of all others nothing happened."""
        self.asked.append(asked)
        client = aws().create_client("cloudwatch", region_name=self._region)
        results = [self._result(one) for one in asked["MetricDataQueries"]]
        with Stubber(client) as stub:
            if self._denied:
                stub.add_client_error("get_metric_data", "AccessDenied", "User ada may not look.", 403)
            else:
                stub.add_response("get_metric_data", {"MetricDataResults": results}, asked)
            return dict(client.get_metric_data(**asked))

    def _result(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        metric = query["MetricStat"]["Metric"]
        where = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
        values = [
            one["Values"]
            for one in RECORDED["cloudwatch"][self._region]
            if (one["Namespace"], one["MetricName"], one["Dimensions"])
            == (metric["Namespace"], metric["MetricName"], where)
        ]
        status = "Forbidden" if metric["MetricName"] == self._kept_back else "Complete"
        return {
            "Id": query["Id"],
            "StatusCode": status,
            "Values": [float(value) for value in values[0]] if values and not self._silent else [],
        }


class RecordedDynamoDb:
    """DynamoDB, asked for the table's size."""

    def describe_table(self, **asked: Any) -> Mapping[str, Any]:
        """The file's table."""
        client = aws().create_client("dynamodb", region_name=REGION)
        with Stubber(client) as stub:
            stub.add_response("describe_table", RECORDED["dynamodb"], asked)
            return dict(client.describe_table(**asked))


class RecordedStacks:
    """CloudFormation of a region."""

    def __init__(self, region: str) -> None:
        self._region = region

    def find(self, name: str) -> Stack | None:
        """A stack of the file, where it lives."""
        short = _short(name)
        here = EDGE if short == "EdgeSecurity" else REGION
        if not name.endswith("-dev") or short not in RECORDED["stacks"] or here != self._region:
            return None
        return Stack(name=name, status="UPDATE_COMPLETE", outputs=OUTPUTS.get(short, {}))

    def template(self, name: str) -> str:
        """Its template, as far as it is billed."""
        return json.dumps(RECORDED["stacks"][_short(name)]["template"])

    def resources(self, name: str) -> Sequence[Resource]:
        """What CloudWatch knows of it."""
        return [Resource(**one) for one in RECORDED["stacks"][_short(name)]["resources"]]


class RecordedClients:
    """The clients of a region."""

    def __init__(self, region: str = REGION, **cloudwatch: Any) -> None:
        self.cloudwatch = RecordedCloudWatch(region, **cloudwatch)

    def of(self, service: str) -> Any:
        """A client."""
        return {"cloudwatch": self.cloudwatch, "dynamodb": RecordedDynamoDb()}[service]


class RecordedAccount:
    """The account; its CloudWatch may be told to misbehave."""

    def __init__(self, profile: str = "", **cloudwatch: Any) -> None:
        assert profile == ""
        self._cloudwatch = cloudwatch
        self._made: dict[str, RecordedClients] = {}

    def clients(self, region: str, *, before_call: Any = None) -> RecordedClients:
        """The clients of a region, always the same."""
        assert before_call is None or region == REGION
        return self._made.setdefault(region, RecordedClients(region, **self._cloudwatch))

    def caller(self) -> Caller:
        """Whose credentials these are."""
        return Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/ada")

    def stacks(self, region: str) -> RecordedStacks:
        """CloudFormation of a region."""
        return RecordedStacks(region)

    def close(self) -> None:
        """Nothing is open."""


def recorded_stage(**cloudwatch: Any) -> Any:
    """The stage as commands have it, with a CloudWatch that may be told to misbehave."""
    account = RecordedAccount(**cloudwatch)
    return SimpleNamespace(
        name="dev", region=REGION, facts=facts("dev", OUTPUTS), account=account, clients=account.clients(REGION)
    )


def _short(name: str) -> str:
    return name.removeprefix("Omnichannel").partition("Stack")[0]
