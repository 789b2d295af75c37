"""Five of the stacks, deployed by the command a person types, onto an emulator of AWS, and running there.

Security and Frontend need what the emulator does not know; of Auth the look of the sign-in page is left out.
"""

import json
import os
import platform
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from omnipub.names import API_ROOT, ORIGIN_HEADER
from omnipub.services.wire import TICK
from omnipub_cli.__main__ import main
from support import ministack

pytestmark = [pytest.mark.ministack, pytest.mark.timeout(900)]

CDK = Path(__file__).parents[2] / "cdk"
STACKS = [f"Omnichannel{name}Stack" for name in ("Data", "Auth", "Scheduler", "Api", "Worker")]
SERVICES = f"{ministack.SERVICES},apigateway,cloudformation,cognito-idp,ecr,events,scheduler,secretsmanager,sqs,ssm"
UNKNOWN = "AWS::Cognito::ManagedLoginBranding"


def cdk(environment: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "launch.py", *arguments], cwd=CDK, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def without_the_unknown(folder: Path) -> None:
    path = folder / "OmnichannelAuthStack.template.json"
    template = json.loads(path.read_text())
    known = {name: one for name, one in template["Resources"].items() if one["Type"] != UNKNOWN}
    assert len(known) == len(template["Resources"]) - 1
    path.write_text(json.dumps(template | {"Resources": known}))


class Deployed:
    """The stacks of a stage as their users meet them."""

    def __init__(self, url: str) -> None:
        from botocore.session import Session

        self.url = url
        self._session = Session()
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        self.states = {one["StackName"]: one["StackStatus"] for one in stacks}
        self.outputs = {
            output["OutputKey"]: output["OutputValue"] for one in stacks for output in one.get("Outputs", [])
        }

    def client(self, service: str) -> Any:
        return self._session.create_client(
            service,
            endpoint_url=self.url,
            region_name=ministack.REGION,
            aws_access_key_id=ministack.ACCOUNT,
            aws_secret_access_key="test",
        )

    def output(self, part: str) -> str:
        (found,) = (value for key, value in self.outputs.items() if part in key)
        return found

    def ask(self, path: str, headers: Mapping[str, str]) -> int:
        host = f"{self.output('ExportsOutputRefApi')}.execute-api.localhost:{self.url.rpartition(':')[2]}"
        request = urllib.request.Request(self.url + path, headers={"Host": host, **headers})  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  loopback
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("cdk.out")
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    with ministack.running(tmp_path_factory.mktemp("ministack") / "log", SERVICES) as url:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": ministack.ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": ministack.REGION,
        }
        place = ("-c", f"region={ministack.REGION}", "-c", f"architecture={architecture}", "-c", "firewall=false")
        cdk(environment, "synth", "-q", "-o", str(folder), *place)
        without_the_unknown(folder)
        cdk(environment, "bootstrap", f"aws://{ministack.ACCOUNT}/{ministack.REGION}", "--app", "")
        cdk(environment, "deploy", *STACKS, "--app", str(folder), "--require-approval", "never")
        yield Deployed(url)


def test_the_stacks_are_there(deployed: Deployed) -> None:
    assert {name: deployed.states[f"{name}-dev"] for name in STACKS} == dict.fromkeys(STACKS, "CREATE_COMPLETE")


def test_a_tick_runs_the_bundled_scheduler_on_the_deployed_table(deployed: Deployed) -> None:
    answer = deployed.client("lambda").invoke(
        FunctionName="omnipub-dev-scheduler", Payload=json.dumps({"source": TICK}).encode()
    )
    with answer["Payload"] as payload:
        assert json.loads(payload.read()) == {"due": 0, "overdue": 0, "looks": 0, "lost": 0}


def test_the_api_answers_who_came_through_cloudfront_and_asks_for_a_token(deployed: Deployed) -> None:
    test_a_tick_runs_the_bundled_scheduler_on_the_deployed_table(deployed)  # without a tick, health says "silent"
    name = deployed.output("ExportsOutputRefOriginSecret")
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    assert deployed.ask(f"{API_ROOT}/health", {ORIGIN_HEADER: secret}) == 200
    assert deployed.ask(f"{API_ROOT}/health", {}) == 403
    assert deployed.ask(f"{API_ROOT}/health", {ORIGIN_HEADER: secret + "x"}) == 403
    assert deployed.ask(f"{API_ROOT}/messages", {ORIGIN_HEADER: secret}) == 401


def test_a_record_of_the_stream_reaches_the_worker_and_is_acknowledged(deployed: Deployed) -> None:
    pointer = {"pk": "MSG#01KB0CVP6ZJ7X3Q5N8T4W2E9HD", "sk": "CHANNEL#bluesky", "group": "bluesky/a", "why": "now"}
    deployed.client("kinesis").put_record(
        StreamName=deployed.output("ExportsOutputRefStream"),
        Data=json.dumps(pointer).encode(),
        PartitionKey="bluesky/a",
    )
    functions, end = deployed.client("lambda"), time.monotonic() + 60
    while time.monotonic() < end:
        (trigger,) = functions.list_event_source_mappings()["EventSourceMappings"]
        if trigger["LastProcessingResult"] != "No records processed":
            break
        time.sleep(0.2)
    assert trigger["LastProcessingResult"].startswith("OK")


def test_the_command_line_finds_the_stage_by_its_outputs_and_works_on_it(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": deployed.url,
        "AWS_ACCESS_KEY_ID": ministack.ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "XDG_CACHE_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Any:
        assert main([*words, "--json", "--stage", "dev", "--region", ministack.REGION]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    assert run("messages", "list")["messages"] == []
    (paused,) = run("pause", "everything", "--reason", "Try it")["pauses"]
    assert paused["by"] == "root"
    assert run("resume", "everything", "--late", "send")["deliveries"] == []
    assert run("stream", "stats")["retention_hours"] == 24
    assert run("table", "stats")["gate"]["open"] is True
