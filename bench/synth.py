"""How long the eight stacks take to synthesise: fresh processes, all cases in turn after one warm-up round.

It needs the stacks' packages, and builds the functions' bundles in its warm-up round. Printed: median and minimum
in milliseconds, and the ratio of medians to the first case, importing CDK and doing nothing with it.

    .venv/bin/uv run --group cdk python bench/synth.py [--rounds 5]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CDK = Path(__file__).parent.parent / "cdk"
sys.path.insert(0, str(CDK))

from omnipub_cdk import launch  # noqa: E402  beside the app, not installed with omnipub

SUBMODULES = (
    "aws_apigatewayv2, aws_cloudfront, aws_cloudwatch, aws_cognito, aws_dynamodb, aws_kinesis, aws_lambda, aws_s3"
)
STACKS_ALONE = """
import json, pathlib, app
from omnipub_cdk import stages
from aws_cdk import App, aws_lambda
made = App(context=json.loads(pathlib.Path("cdk.json").read_text())["context"])
app.compose(made, stages.stage_of({}.get), code_of=lambda *_: aws_lambda.Code.from_asset("omnipub_cdk/stacks"))
made.synth()
"""
CASES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "importing CDK": (("python", "-c", f"import aws_cdk; from aws_cdk import {SUBMODULES}"), {}),
    "the eight stacks, cdk-nag": (("python", "-c", STACKS_ALONE), {"CDK_VALIDATION": "false"}),
    "… and CDK's own validation": (("python", "-c", STACKS_ALONE), {}),
    "… and the functions' bundles: app.py": (("python", "app.py"), {}),
    "cdk synth -q": (("cdk", "synth", "-q"), {}),
    "infrastructure tests": (("python", "-m", "pytest", "-q", "../tests/infrastructure"), {}),
}


def once(command: tuple[str, ...], environment: dict[str, str]) -> float:
    program = Path(sys.executable) if command[0] == "python" else Path(sys.executable).parent / command[0]
    began = time.perf_counter()
    subprocess.run(
        [program, *command[1:]],
        cwd=CDK,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    node = launch.find_node(os.environ)
    assert node is not None, f"no node of version {launch.LEAST_NODE} or newer"
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as folder:
        environment = launch.environment_for(node, os.environ) | {"CDK_OUTDIR": folder}
        for number in range(rounds + 1):
            for name, (command, more) in CASES.items():
                milliseconds = once(command, environment | more)
                if number:
                    taken[name].append(milliseconds)
    first = statistics.median(next(iter(taken.values())))
    print(f"{'':40} {'median ms':>10} {'min ms':>8} {'ratio':>7}")
    for name, samples in taken.items():
        median = statistics.median(samples)
        print(f"{name:40} {median:10.0f} {min(samples):8.0f} {median / first:7.2f}")


if __name__ == "__main__":
    main()
