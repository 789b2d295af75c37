"""How long a function takes from nothing to its first answer, paired with the usual ways of writing one.

Each sample is a fresh process of the runtime's Python, as on Lambda without bytecode being written; rounds go through
all cases in turn after one warm-up round. The clock runs from the start of the process to its first answer, which is
checked. AWS is a server of this process that answers what a function asks at its start. Printed: medians in
milliseconds, of the wall and of the processor, and their ratios to the two cases that omnipub is compared with.

    conventional    boto3, Powertools' Logger, Tracer and resolver, pydantic; a zip of sources, as most are
    bare boto3      import boto3; boto3.client("dynamodb"), with bytecode
    api …           the bundles: import, the system built, the first event (refused, or with nothing to do) answered

    .venv/bin/python bench/cold_start.py [--rounds 15] [--only api,worker]
"""

import argparse
import base64
import http.server
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "cdk"), str(ROOT / "src")]

from omnipub.storage import keys  # noqa: E402
from omnipub_cdk.bundling import bundle, bytecode, libraries, pins, tools  # noqa: E402  they stand in cdk/
from omnipub_cdk.bundling.tables import ENTRIES  # noqa: E402

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
CONVENTIONAL = (
    "aws-lambda-powertools==3.37.0",
    "boto3==1.44.5",
    "pydantic==2.14.3",
    "aws-xray-sdk==2.15.0",
    "wrapt==2.5.2",
)
BASES = ("conventional", "bare boto3")

REQUEST = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/api/v1/messages",
    "rawQueryString": "",
    "headers": {"content-type": "application/json"},
    "requestContext": {
        "http": {"method": "POST", "path": "/api/v1/messages", "sourceIp": "192.0.2.1"},
        "authorizer": {"jwt": {"claims": {"sub": "owner"}}},
        "requestId": "1",
        "stage": "$default",
    },
    "body": '{"channels": 1}',
    "isBase64Encoded": False,
}
FOREIGN = {"kinesis": {"sequenceNumber": "1", "data": base64.b64encode(b"not a pointer").decode()}}
EVENTS = {
    "conventional": (REQUEST, 400),
    "api": (REQUEST, 400),
    "api, a GET": (
        REQUEST
        | {
            "requestContext": REQUEST["requestContext"] | {"http": {"method": "GET", "path": "/api/v1/messages"}},
            "queryStringParameters": {"limit": "many"},
            "body": None,
        },
        400,
    ),
    "worker": ({"Records": [FOREIGN]}, {"batchItemFailures": []}),
    "sender": ({"pointers": [None]}, None),
    "delay": ({"Records": [{"messageId": "1", "body": json.dumps({"due": []})}]}, {"batchItemFailures": []}),
}

# The answer is written before the process ends: taking a program down is no part of a cold start.
CHILD = """
import json, os, sys
from {module} import handler
class Context:
    function_name = memory_limit_in_mb = aws_request_id = invoked_function_arn = log_stream_name = "1"
    def get_remaining_time_in_millis(self): return 60_000
event = json.loads({event!r})
answer = handler(event, Context())
print(json.dumps(answer.get("statusCode", answer)), flush=True)
os._exit(0)
"""
BARE = 'import boto3, os; boto3.client("dynamodb"); print("0", flush=True); os._exit(0)'
FLOOR = 'import os; print("0", flush=True); os._exit(0)'


@dataclass(frozen=True, kw_only=True)
class Case:
    """One process: its program, where it imports from, and what it must print."""

    program: str
    path: Path
    answer: object


class Aws(http.server.BaseHTTPRequestHandler):
    """What a table with an open gate answers, and a bucket that remembers its epoch."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """One packet an answer: two would wait for the other side's delayed acknowledgement, 40 ms."""

    def do_POST(self) -> None:  # noqa: D102  the base class's name
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.headers["X-Amz-Target"].rpartition(".")[2]:
            case "DescribeTable":
                self.answer({"Table": {"TableName": "t", "TableArn": "arn", "TableId": "id"}})
            case "GetItem" if keys.gate().pk in json.dumps(asked["Key"]):
                self.answer({"Item": {"identity": {"S": "arn/id"}, "epoch": {"N": "1"}, "version": {"N": "1"}}})
            case "Query":
                self.answer({"Items": [], "Count": 0})
            case _:
                self.answer({})

    def do_GET(self) -> None:  # noqa: D102  likewise
        self.answer(1)

    def answer(self, said: object) -> None:
        """Send it with what every service of AWS adds."""
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def conventional(aside: Path, interpreter: tools.Interpreter) -> tuple[Path, Path]:
    """The conventional function's folder without bytecode, and the same packages with it."""
    pinned = pins.read(ROOT / "pyproject.toml") | dict(one.split("==") for one in CONVENTIONAL)
    plain, compiled = aside / "conventional" / "task", aside / "compiled"
    libraries.fetch(list(CONVENTIONAL), pinned, interpreter, platform=None, into=plain, digests="")
    shutil.copy(Path(__file__).with_name("conventional_handler.py"), plain)
    shutil.copytree(plain, compiled)
    bytecode.compile_tree(compiled, interpreter)
    return plain, compiled


def cases(aside: Path, interpreter: tools.Interpreter, others: dict[str, Path]) -> dict[str, Case]:
    """Return all cases by name; `others` are folders with a bundle for each function, built from other sources."""
    plain, compiled = conventional(aside, interpreter)
    made = {
        "conventional": Case(program=_program("conventional_handler", "conventional"), path=plain, answer=400),
        "bare boto3": Case(program=BARE, path=compiled, answer=0),
        "python alone": Case(program=FLOOR, path=compiled, answer=0),
    }
    for name in ("api", "api, a GET", "worker", "sender", "delay"):
        function = name.partition(",")[0]
        path = bundle(function, architecture=ARCHITECTURE)
        for label, folder in {"": path, **{f" {other}": parent / function for other, parent in others.items()}}.items():
            made[name + label] = Case(program=_program(ENTRIES[function], name), path=folder, answer=EVENTS[name][1])
    return made


def _program(module: str, name: str) -> str:
    return CHILD.format(module=module, event=json.dumps(EVENTS[name][0]))


def once(case: Case, python: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Milliseconds until the answer, of the wall and of the processor."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [python, "-s", "-c", case.program],
        cwd=case.path,
        env=environment | {"PYTHONPATH": str(case.path), "LAMBDA_TASK_ROOT": str(case.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    said = child.stdout.readline()
    took = (time.perf_counter() - began) * 1000
    complaint = child.stderr.read()
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    if not said or json.loads(said) != case.answer:
        raise SystemExit(f"a case answered {said!r} instead of {case.answer!r}: {complaint[-2000:]}")
    return took, (used.ru_utime + used.ru_stime) * 1000


def environment(port: int) -> dict[str, str]:
    """A function's, as far as libraries look at it; nothing of this shell's Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS", "OMNIPUB"))}
    settings = {
        "TABLE": "t",
        "STREAM": "s",
        "BUCKET": "b",
        "KEY": "k",
        "FUNCTION": "f",
        "MODE": "live",
        "STAGE": "bench",
    }
    aws = {
        "AWS_ACCESS_KEY_ID": "-",
        "AWS_SECRET_ACCESS_KEY": "-",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_XRAY_CONTEXT_MISSING": "IGNORE_ERROR",
    }
    named = {f"OMNIPUB_{name}": value for name, value in settings.items()}
    return kept | aws | named | {"PYTHONDONTWRITEBYTECODE": "1"}


def report(taken: dict[str, list[tuple[float, float]]]) -> None:
    medians = {
        name: [statistics.median(part) for part in zip(*samples, strict=True)] for name, samples in taken.items()
    }
    print(f"{'':18} {'wall ms':>8} {'least':>6} {'cpu ms':>7}   wall and cpu to {BASES[0]:14} to {BASES[1]}")
    for name, samples in taken.items():
        ratios = "   ".join(
            f"{medians[name][0] / medians[base][0]:13.2f} {medians[name][1] / medians[base][1]:5.2f}" for base in BASES
        )
        print(f"{name:18} {medians[name][0]:8.0f} {min(samples)[0]:6.0f} {medians[name][1]:7.0f}   {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="cases beside the two compared with, separated by ;")
    parser.add_argument(
        "--other",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="bundles of other sources, a folder for each",
    )
    arguments = parser.parse_args()
    others = {name: Path(folder).resolve() for name, _, folder in (one.partition("=") for one in arguments.other)}
    interpreter = tools.interpreter()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as aside:
        wanted = cases(Path(aside), interpreter, others)
        if arguments.only:
            wanted = {name: case for name, case in wanted.items() if name in BASES or name in arguments.only.split(";")}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
        for number in range(arguments.rounds + 1):
            for name, case in wanted.items():
                sample = once(case, interpreter.path, environment(server.server_port))
                if number:
                    taken[name].append(sample)
    server.shutdown()
    report(taken)


if __name__ == "__main__":
    main()
