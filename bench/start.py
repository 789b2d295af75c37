"""How long the command line takes to start, paired with `aws --version` in the same rounds.

Each case is a fresh process; rounds go through all cases in turn after one warm-up round, so that a machine
whose speed drifts disturbs them alike. Printed: median and minimum in milliseconds, and the ratio of medians
to the first case. `aws` is installed into a throw-away environment by uv.

    .venv/bin/python bench/start.py [--rounds 11] [--without-aws]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CASES: dict[str, tuple[str, ...]] = {
    "python -c pass": ("python", "-c", "pass"),
    "omnipub --version": ("omnipub", "--version"),
    "omnipub --help": ("omnipub", "--help"),
    "omnipub messages --help": ("omnipub", "messages", "--help"),
    "omnipub certs types --json": ("omnipub", "certs", "types", "--json"),
}


def installed_aws() -> str:
    """Where uv keeps an `aws`, so that its own start is not measured."""
    found = subprocess.run(
        [BIN / "uv", "tool", "run", "--quiet", "--from", "awscli", "python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return str(Path(found.stdout.strip()) / "bin" / "aws")


def once(command: tuple[str, ...], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--without-aws", action="store_true")
    arguments = parser.parse_args()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cases = {name: (str(BIN / command[0]), *command[1:]) for name, command in CASES.items()}
    if not arguments.without_aws:
        aws = installed_aws()
        cases = {"aws --version": (str(Path(aws).parent / "python"), aws, "--version")} | cases
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(arguments.rounds + 1):
        for name, command in cases.items():
            milliseconds = once(command, environment)
            if number:
                taken[name].append(milliseconds)
    first = statistics.median(next(iter(taken.values())))
    print(f"{'':28} {'median ms':>10} {'min ms':>8} {'ratio':>7}")
    for name, samples in taken.items():
        median = statistics.median(samples)
        print(f"{name:28} {median:10.0f} {min(samples):8.0f} {median / first:7.2f}")


if __name__ == "__main__":
    main()
