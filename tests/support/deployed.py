"""A stage on an emulator of AWS, deployed, used and taken down by the command a person types."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from support import ministack
from support.aws import CREDENTIALS

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
SERVICES = (
    f"{ministack.SERVICES},apigateway,cloudformation,cognito-idp,ecr,events,scheduler,secretsmanager,servicequotas,"
    "ses,sns,ssm"
)
ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
"""The emulator runs functions on this machine's own processor."""


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """The command line over the emulator.

    Attributes:
        url: Where the emulator answers.
        variables: The environment of a terminal that is signed in to it.
    """

    url: str
    variables: Mapping[str, str]

    def run(self, *words: str, given: str = "") -> tuple[int, Any, str]:
        """A command's exit code, JSON document and words; `given` is what is piped into it."""
        done = subprocess.run(  # noqa: S603  our own
            [sys.executable, "-m", "omnipub_cli", *words, "--json"],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=self.variables,
            cwd=ROOT,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def done(self, *words: str, given: str = "") -> Any:
        """The JSON document of a command that succeeds."""
        code, told, err = self.run(*words, given=given)
        assert code == 0, f"{' '.join(words)}: {code}\n{err}"
        return told

    def client(self, service: str) -> Any:
        """A client of one of its services."""
        return Session().create_client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )


@contextmanager
def emulated(folder: Path, stage: str) -> Iterator[Emulated]:
    """An emulator whose regions CDK has prepared; what this checkout remembers of a stage on AWS is put back after."""
    kept = ROOT / "build" / "deployed" / f"{stage}.json"
    before = kept.read_bytes() if kept.exists() else None
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(ministack, "REGION", REGION)
        try:
            with ministack.running(folder / "log", SERVICES) as url:
                yield Emulated(url=url, variables=_prepared(url, folder))
        finally:
            kept.unlink(missing_ok=True)
            if before is not None:
                kept.write_bytes(before)


def _prepared(url: str, folder: Path) -> Mapping[str, str]:
    ours = ("AWS_", "OMNIPUB_", "INFRA")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    variables |= {**CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": REGION}
    variables |= {"XDG_CACHE_HOME": str(folder / "cache")}
    words = [sys.executable, "omnipub_cdk/launch.py", "bootstrap", f"aws://{ministack.ACCOUNT}/{REGION}", "--app", ""]
    subprocess.run(words, cwd=ROOT / "cdk", env=variables, check=True, capture_output=True)  # noqa: S603  our own
    return variables
