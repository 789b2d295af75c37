"""One `omnipub up` after the other on the same data, each a process of its own that can be killed."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

UNREACHABLE = (OSError, http.client.HTTPException)
"""What a request to somebody who is dead or dying ends with."""


class DiedError(Exception):
    """`up` ended by itself; the message is what it said."""


class Machine:
    """A data directory and the `up` that runs on it.

    Attributes:
        process: The `up` of this life.
        errors: Where every life writes its standard error.
        address: Where it takes requests.
        token: What it asks for as Authorization: Bearer.
        sandbox: Where its sandbox answers.
    """

    process: "subprocess.Popen[str]"

    def __init__(self, data: Path, settings: Mapping[str, object]) -> None:
        self.errors = data.parent / "errors.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
        set_here = {f"OMNIPUB_{name.upper()}": str(value) for name, value in settings.items()}
        places = {"OMNIPUB_DATA": str(data), "OMNIPUB_STATE": str(data.with_name("state"))}
        self._environment = kept | set_here | places
        self.address = self.token = self.sandbox = ""

    def start(self) -> None:
        """Begin a life; it does not run yet."""
        with self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "omnipub_cli", "up", "--port", "0", "--json"],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                text=True,
                env=self._environment,
            )

    def wait_until_it_runs(self) -> None:
        """Return when it takes requests.

        Raises:
            DiedError: It ended instead, unless by our own SIGKILL.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            if self.process.wait() == -signal.SIGKILL:
                return
            raise DiedError(f"exit code {self.process.returncode}: {self.errors.read_text()[-2000:]}")
        said = json.loads(line)
        self.address, self.token, self.sandbox = said["api"], said["token"], said["sandbox_url"] or ""

    def kill(self) -> None:
        """End its life as `kill -9` does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)

    def bury(self) -> None:
        """Wait for the end of its life.

        Raises:
            DiedError: It ended otherwise than by SIGKILL.
        """
        self.process.communicate()
        if self.process.returncode != -signal.SIGKILL:
            raise DiedError(f"exit code {self.process.returncode}: {self.errors.read_text()[-2000:]}")

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """One call of the API; its JSON answer.

        Raises:
            urllib.error.HTTPError: It was refused.
            OSError, http.client.HTTPException: Nobody answered.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310  our own address
            self.address + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers=headers | ({"Idempotency-Key": key} if key else {}),
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  likewise
            return json.loads(answer.read())
