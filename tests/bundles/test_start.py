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


SANDBOX = """
import sys
import omnipub.sandbox.aws_function as function
from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.dynamodb.table import DynamoTable
clients = Clients()
answer = function.build(DynamoTable(clients, "x"))
clients.of("dynamodb")
print("\\n".join(sorted(sys.modules)))
"""


@pytest.mark.parametrize("function", sorted({*ENTRIES} - {"sandbox"}))
def test_a_function_starts_without_what_it_does_not_need(
    function: str, built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    imported = run(BUILT.replace("MODULE", ENTRIES[function]), built(function), **STAGE, **PLACE).split()
    assert "botocore.client" in imported
    assert "omnipub.wiring.assemble" in imported
    wrong = [name for name in imported if any(name == one or name.startswith(f"{one}.") for one in NEVER)]
    assert wrong == []


def test_the_sandbox_starts_without_what_it_does_not_need(
    built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    imported = run(SANDBOX, built("sandbox"), **STAGE, **PLACE).split()
    assert "omnipub.sandbox.networks.facebook" in imported
    needs = ("omnipub.sandbox", "omnipub.loopback")
    wrong = [
        name for name in imported for one in NEVER if one not in needs and (name == one or name.startswith(f"{one}."))
    ]
    assert wrong == []


def test_the_sandbox_answers_a_network_request_from_its_bundle(
    built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    program = SANDBOX.replace('print("\\n".join(sorted(sys.modules)))', "") + (
        "from omnipub.adapters.aws import sandbox_events\n"
        'call = sandbox_events.SandboxCall(method="GET", target="/nowhere", headers={}, body=b"")\n'
        "print(sandbox_events.reply_from_event(answer(sandbox_events.to_event(call), None)).status)\n"
    )
    assert run(program, built("sandbox"), **STAGE, **PLACE).split()[-1] == "404"


def test_the_api_answers_from_its_bundle(built: Callable[[str], Path], run: Callable[..., str]) -> None:
    program = BUILT.replace('print("\\n".join(sorted(sys.modules)))', "") + (
        'event = {"version": "2.0", "rawPath": "/api/v1/nowhere", "headers": {}, '
        '"requestContext": {"http": {"method": "GET", "path": "/api/v1/nowhere"}, "stage": "$default"}}\n'
        'print(function.build(system)(event, None)["statusCode"])\n'
    )
    assert run(program.replace("MODULE", ENTRIES["api"]), built("api"), **STAGE, **PLACE).split()[-1] == "404"
