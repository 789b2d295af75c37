"""The smoke test: the heartbeat, the version that answers, and one post to the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from omnipub import __version__
from omnipub.strict_json import loads

PATIENCE = 30
LOOK_EVERY = 5.0
"""Thirty looks, five seconds apart: two ticks may be missed."""

HEALTH = "/api/v1/health"
_OK = 200


@dataclass(frozen=True, kw_only=True)
class SmokeCheck:
    """One thing that was tried; `verdict` is ok, bad, or untried."""

    name: str
    verdict: str
    what: str
    next: str = ""


class LivenessProbe(Protocol):
    """The deployed system, as far as it is asked whether it lives."""

    def last_beat(self) -> datetime | None:
        """When a tick began last."""

    def post(self) -> str:
        """Publish one message to the sandbox and follow it; "" if it came out, else what became of it."""

    @property
    def why_no_post(self) -> str:
        """Why nothing is posted; "" if it can be."""


@dataclass(frozen=True, kw_only=True)
class Smoke:
    """The check of a stage.

    Attributes:
        address: The site; "" if it is not deployed.
        fetch: Status and body of an address.
    """

    living: LivenessProbe
    address: str
    fetch: Callable[[str], tuple[int, bytes]]
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    began: datetime
    stage: str

    def run(self) -> list[SmokeCheck]:
        """Try everything, one after the other."""
        beat = self._beat()
        return [beat, self._version(), self._post(alive=beat.verdict == "ok")]

    def _beat(self) -> SmokeCheck:
        """A tick since the deployment: an older one was the old bundle's."""
        found = None
        for _ in range(PATIENCE):
            found = self.living.last_beat()
            if found and found >= self.began:
                age = max(0, round((self.now() - found).total_seconds()))
                return SmokeCheck(name="heartbeat", verdict="ok", what=f"The scheduler's last tick was {age} s ago.")
            self.wait(LOOK_EVERY)
        sentence = f"The last one began at {found:%H:%M:%S} UTC." if found else "There never was one."
        logs = f"omnipub logs tail scheduler --since 15m --stage {self.stage}"
        return SmokeCheck(name="heartbeat", verdict="bad", what=f"No tick since this deployment. {sentence}", next=logs)

    def _version(self) -> SmokeCheck:
        if not self.address:
            return SmokeCheck(
                name="version", verdict="untried", what="The site is not deployed, so nobody can be asked."
            )
        status, body = self.fetch(f"{self.address}{HEALTH}")
        try:
            document = loads(body, lenient=True)
        except ValueError:
            document = {}
        if status == _OK and document.get("version") == __version__:
            return SmokeCheck(name="version", verdict="ok", what=f"{self.address} answers with version {__version__}.")
        what = f"{self.address}{HEALTH} answers {status or 'nothing'}"
        what += f" with version {document['version']}; wanted: {__version__}." if document.get("version") else "."
        return SmokeCheck(
            name="version", verdict="bad", what=what, next=f"omnipub logs tail api --since 15m --stage {self.stage}"
        )

    def _post(self, *, alive: bool) -> SmokeCheck:
        why = self.living.why_no_post or ("" if alive else "Nothing would dispatch it.")
        if why:
            return SmokeCheck(name="post", verdict="untried", what=why)
        failed = self.living.post()
        if failed:
            return SmokeCheck(
                name="post",
                verdict="bad",
                what=failed,
                next=f"omnipub logs tail sender --since 15m --stage {self.stage}",
            )
        return SmokeCheck(name="post", verdict="ok", what="A message to the sandbox came out.")
