"""The deployment for real: CDK, change sets, bundles and functions that run, over an emulator of AWS on this machine.

    .venv/bin/uv sync -q --inexact --all-extras --group cdk
    .venv/bin/pytest -m ministack tests/integration/deploy

It takes about five minutes. The emulator has no Amplify and no branding of sign-in pages, so the stacks Auth, Api,
Monitoring, Security and Frontend are not deployed here; change sets, events and replacements are the emulator's own.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from support import ministack as emulator
from support.aws import CREDENTIALS

pytestmark = [pytest.mark.ministack, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
REGION = "us-east-1"
SERVICES = f"{emulator.SERVICES},cloudformation,ecr,events,scheduler,sqs,ssm"
STACKS = ("Data", "Scheduler", "Worker")


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """The command line over the emulator."""

    variables: dict[str, str]

    def run(self, *words: str) -> tuple[int, Any, str]:
        """A command's exit code, JSON document and words."""
        command = [sys.executable, "-m", "omnipub_cli", *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.variables, cwd=ROOT)  # noqa: S603  our own
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def deploy(self, *values: str) -> dict[str, Any]:
        """Deploy the stacks with these values; what it says."""
        architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
        given = [word for value in (f"architecture={architecture}", *values) for word in ("-c", value)]
        code, told, err = self.run("deploy", *STACKS, "--infra", "serverless", "--yes", *given)
        assert code == 0, err
        return dict(told)


@pytest.fixture(scope="module")
def outputs_kept() -> Iterator[None]:
    """What this checkout remembers of a stage on AWS is not the emulator's."""
    path = ROOT / "build" / "deployed" / "dev.json"
    before = path.read_bytes() if path.exists() else None
    yield
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before)


@pytest.fixture(scope="module")
def emulated(outputs_kept: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:  # noqa: ARG001  put back when it ends
    if find_spec("aws_cdk") is None:
        pytest.skip("the stacks' packages are not installed: uv sync --inexact --group cdk")
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(emulator, "REGION", REGION)
        with emulator.running(tmp_path_factory.mktemp("ministack") / "log", SERVICES) as url:
            kept = {
                name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OMNIPUB_", "INFRA"))
            }
            variables = {**kept, **CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": REGION}
            words = [sys.executable, "launch.py", "bootstrap", f"aws://{emulator.ACCOUNT}/{REGION}", "--app", ""]
            subprocess.run(words, cwd=ROOT / "cdk", env=variables, check=True, capture_output=True)  # noqa: S603  our own
            yield Emulated(variables=variables)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox on this machine."""
    data = str(tmp_path_factory.mktemp("sandbox"))
    words = [sys.executable, "-m", "omnipub_cli", "up", "--port", "0", "--data", data, "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  likewise
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["sandbox_url"])
        finally:
            process.terminate()


def test_a_stage_is_deployed_lives_goes_back_and_is_taken_down(emulated: Emulated, sandbox: str) -> None:
    first = emulated.deploy(f"sandbox_url={sandbox}")
    assert set(first["changed"]) == {f"Omnichannel{short}Stack" for short in STACKS}
    assert {one["name"]: one["verdict"] for one in first["checks"]} == {
        "heartbeat": "ok",
        "version": "untried",
        "post": "ok",
    }
    assert emulated.deploy(f"sandbox_url={sandbox}")["changed"] == {}

    second = emulated.deploy(f"sandbox_url={sandbox}", "scheduler_memory=512")
    assert list(second["changed"]) == ["OmnichannelSchedulerStack"]
    code, told, _ = emulated.run("rollback", "--yes")
    assert (code, told["stacks"]) == (0, ["OmnichannelSchedulerStack"])
    code, told, _ = emulated.run("status")
    assert (code, told["deployment"]["rollback_of"] is not None) == (0, True)

    code, told, _ = emulated.run("logs", "tail", "scheduler", "--since", "1h")
    assert code == 0
    assert "tick" in {one["message"] for one in told["lines"]}

    code, told, err = emulated.run("destroy", "--stage", "dev", "--yes")
    assert code == 0, err
    assert len(told["deleted"]) == len(STACKS)
    assert emulated.run("status")[0] == 3
