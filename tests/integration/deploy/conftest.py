from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from omnipub_cli.deployment.deploy import Deployment
from omnipub_cli.deployment.events import Follower, StackProgress
from omnipub_cli.deployment.history import DeploymentHistory
from omnipub_cli.deployment.target import Target

from .fakes import ACCOUNT, CALLER, Clock, FakeCdk, FakeShelf, FakeStacks


@dataclass(kw_only=True)
class Ground:
    """An account, and deployments to it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    shelf: FakeShelf = field(default_factory=FakeShelf)
    said: list[str] = field(default_factory=list)
    seen: list[Sequence[StackProgress]] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self.stacks = FakeStacks(clock=self.clock)
        self.cdk = FakeCdk(stacks=self.stacks)

    @property
    def records(self) -> DeploymentHistory:
        return DeploymentHistory(self.shelf)

    @property
    def follower(self) -> Follower:
        @contextmanager
        def showing() -> Any:
            yield self.seen.append

        return Follower(wait=self.clock.wait, showing=showing, stage="dev")

    def deployment(self, **more: Any) -> Deployment:
        values: dict[str, Any] = {
            "cdk": self.cdk,
            "stacks": lambda _: self.stacks,
            "records": self.records,
            "target": Target(stage="dev", region="us-east-1", context={"stage": "dev"}),
            "account": ACCOUNT,
            "by": CALLER.arn,
            "version": f"0.1.0+{self.cdk.version}",
            "now": self.clock.now,
            "follower": self.follower,
            "approve": lambda _: None,
            "say": self.said.append,
        }
        return Deployment(**(values | more))

    def deploy(self, *wanted: str, **more: Any) -> Deployment:
        self.runs += 1
        run = self.deployment(**more)
        run.run(wanted or tuple(_ALL), self.folder / str(self.runs))
        self.clock.wait(1)
        return run

    @property
    def executed(self) -> list[str]:
        return [
            name.removeprefix("Omnichannel").partition("Stack")[0]
            for what, name in self.stacks.log
            if what == "execute"
        ]


_ALL = ("Data", "Auth", "Scheduler", "Api", "Worker", "Monitoring", "Security", "Frontend")


@pytest.fixture
def account(tmp_path: Path) -> Ground:
    return Ground(folder=tmp_path)


Make = Callable[..., Ground]
