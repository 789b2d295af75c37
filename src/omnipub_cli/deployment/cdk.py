"""CDK's pinned command line, in a process of its own.

Its output is kept, and shown only if it fails.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.errors import DEBUG, DeploymentFailedError

LAST_WORDS = 4
"""Lines of a failed run that are told: why, and where."""

_GOING_WELL = re.compile(
    r"^(✅|✨|arn:|Stack ARN|Outputs|Changeset arn:)|(success|start): |: (deploying|creating|building|publishing)"
    r"|\.\.\.|^\S+ \(\S+\)$|Subprocess exited|^Synthesis finished|^\S+\.js:\d+:\d+$"
)
"""What CDK says of what went well, or twice, or of its own inside."""

_REMARK = re.compile(r"^(?:\[\w+ at .*\] )?(ERROR|WARNING|INFO)\b")
"""How what a check finds begins; the lines under it are indented."""

FINDINGS = 3
"""Failed checks that are told; the others are counted."""

ENDS_WITHIN = 20
"""Seconds for which a run that is stopped may clean up, and then for which its death may take."""

SIDE_BY_SIDE = 4


class CommandLine:
    """CDK of a checkout."""

    def __init__(self, checkout: Checkout, say: Callable[[str], None], *, profile: str = "") -> None:
        """Start nothing yet.

        Args:
            checkout: Where the stacks are.
            say: Gets each line that CDK prints, for people who want to see all.
            profile: Whose credentials CDK uses; "" leaves that to the environment.
        """
        self._checkout = checkout
        self._say = say
        self._options = [*(["--profile", profile] if profile else []), "--ci", "--no-color"]

    def synthesise(self, context: Mapping[str, str], into: Path) -> None:
        """Write the cloud assembly of the app.

        Raises:
            DeploymentFailedError: It cannot be made; the app's own words say why.
        """
        given = [word for name, value in context.items() for word in ("-c", f"{name}={value}")]
        self._run("Synthesising the stacks", ["synth", "--quiet", "--output", str(into), *given])

    def prepare(self, assembly: Path, stacks: Sequence[str], *, change_set: str, account: str) -> None:
        """Upload what the stacks need and create a change set for each; nothing is executed.

        Raises:
            DeploymentFailedError: One cannot be created.
        """
        words = ["deploy", *stacks, "--app", str(assembly), "--exclusively", "--method", "prepare-change-set"]
        words += ["--change-set-name", change_set, "--require-approval", "never", "--concurrency", str(SIDE_BY_SIDE)]
        self._run(f"Preparing {', '.join(stacks)}", [*words, "--progress", "events"], account=account)

    def _run(self, what: str, words: Sequence[str], *, account: str = "") -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        if account:
            environment["CDK_DEFAULT_ACCOUNT"] = account
        command = [sys.executable, str(self._checkout.cdk / "omnipub_cdk" / "launch.py"), *words, *self._options]
        heard: list[str] = []
        with subprocess.Popen(  # noqa: S603  our own launcher
            command,
            cwd=self._checkout.cdk,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            process_group=0,  # CDK starts node and Python: whoever stops it must reach them too
        ) as process:
            try:
                for line in process.stdout or ():
                    heard.append(line.rstrip())
                    if os.environ.get(DEBUG):
                        self._say(line.rstrip())
                code = process.wait()
            except KeyboardInterrupt:
                _stop(process)
                raise
        if code:
            raise DeploymentFailedError(
                f"{what} failed: {' / '.join(_last(heard)) or f'exit code {code}'}",
                hint=f"Run it again with {DEBUG}=1 to see everything CDK says.",
            )


def _last(lines: Sequence[str]) -> Sequence[str]:
    """What failed: the checks that did, each with its resource; without one, the last lines that say something."""
    remarks, others = _sorted(lines)
    failed = [f"{' '.join(one[:2])}" for kind, *one in remarks if kind == "ERROR"]
    if failed:
        more = len(failed) - FINDINGS
        return [*failed[:FINDINGS], *([f"and {more} more"] if more > 0 else [])]
    sentences = [line.strip(" !") for line in others]
    return [line for line in sentences if line and not _GOING_WELL.search(line)][-LAST_WORDS:]


def _sorted(lines: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The remarks of checks, as lines after their kind, and the lines that belong to none."""
    remarks: list[list[str]] = []
    others: list[str] = []
    inside = False
    for line in lines:
        if begins := _REMARK.match(line):
            remarks.append([begins[1], line[begins.end() :].strip(" :")])
            inside = True
        elif inside and line.startswith(" "):
            remarks[-1].append(f"at {line.split()[0]}")
        else:
            inside = False
            others.append(line)
    return remarks, others


def _stop(process: "subprocess.Popen[str]") -> None:
    """End the run and all it started; their output ends when the last of them has: nobody writes after that."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.communicate(timeout=ENDS_WITHIN)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):  # who asks twice wants no cleaning up
            continue
        return
