"""What a function imports before its first event, in the runtime's Python from its own bundle."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub_cdk.bundling.tables import ENTRIES

BUILT = """
import os, sys
from omnipub.config import from_environment
from omnipub.wiring.aws import on_aws
import MODULE as function
system = on_aws(from_environment(os.environ))
function.build(system)
system.world.table._clients.of("dynamodb")
print("\\n".join(sorted(sys.modules)))
"""
STAGE = {f"OMNIPUB_{name}": "x" for name in ("TABLE", "STREAM", "QUEUE", "BUCKET", "KEY", "FUNCTION")} | {
    "OMNIPUB_MODE": "live"
}
PLACE = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "-", "AWS_SECRET_ACCESS_KEY": "-"}

NEVER = (
    "asyncio",
    "aws_lambda_powertools",
    "aws_xray_sdk",
    "boto3",
    "cryptography",
    "csv",
    "h11",
    "multiprocessing",
    "omnipub.adapters.local",
    "omnipub.loopback",
    "omnipub.onebox",
    "omnipub.sandbox",
    "omnipub.services.bulk",
    "omnipub.services.health",
    "omnipub.services.table",
    "omnipub_cli",
    "pydantic",
    "pydantic_core",
    "regex",
    "requests",
    "rich",
    "sqlite3",
    "typer",
    "unittest",
    "urllib3.contrib.pyopenssl",
)
"""No function imports these modules, or a module inside them, at its start."""


@pytest.mark.parametrize("function", ENTRIES)
def test_a_function_starts_without_what_it_does_not_need(
    function: str, built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    imported = run(BUILT.replace("MODULE", ENTRIES[function]), built(function), **STAGE, **PLACE).split()
    assert "botocore.client" in imported
    assert "omnipub.wiring.assemble" in imported
    wrong = [name for name in imported if any(name == one or name.startswith(f"{one}.") for one in NEVER)]
    assert wrong == []


def test_the_api_answers_from_its_bundle(built: Callable[[str], Path], run: Callable[..., str]) -> None:
    program = BUILT.replace('print("\\n".join(sorted(sys.modules)))', "") + (
        'event = {"version": "2.0", "rawPath": "/api/v1/nowhere", "headers": {}, '
        '"requestContext": {"http": {"method": "GET", "path": "/api/v1/nowhere"}, "stage": "$default"}}\n'
        'print(function.build(system)(event, None)["statusCode"])\n'
    )
    assert run(program.replace("MODULE", ENTRIES["api"]), built("api"), **STAGE, **PLACE).split()[-1] == "404"
