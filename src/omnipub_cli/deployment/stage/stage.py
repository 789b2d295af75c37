"""A stage on AWS: found by its stacks, worked on with the caller's own credentials."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from omnipub import __version__
from omnipub.errors import ConfigurationError, ConflictError, NotFoundError, OmnipubError
from omnipub.storage.schema import fingerprint
from omnipub_cli.deployment import account as accounts
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.stacks import name_of
from omnipub_cli.deployment.stage import caller as callers
from omnipub_cli.deployment.stage import region as place
from omnipub_cli.deployment.stage.output_cache import OutputCache
from omnipub_cli.deployment.stage.stack_outputs import SAID_BY, Outputs, StageOutputs, facts, lacking, settings
from omnipub_cli.deployment.stage.write_guard import WriteGuard, check_schema
from omnipub_cli.deployment.target import deployed_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from omnipub.adapters.aws.clients import Clients
    from omnipub.config import Settings
    from omnipub.domain.ids import Parent
    from omnipub.services.scheduling.run_now import RunNowReport
    from omnipub.services.stream.replay import Replay
    from omnipub.wiring.assemble import System
    from omnipub_cli.deployment.account import AwsAccount


class OnWrite(Protocol):
    """Says in every form of output where a write goes."""

    def __call__(self, words: str, *, json: Any) -> None:
        """The sentence, and the document that stands for it."""


_GONE = {"NoSuchBucket", "NotFoundException", "ResourceNotFoundException"}
"""What AWS says of a thing that was deleted since its name was kept."""


class Stage:
    """One stage of the caller's account."""

    def __init__(self, name: str, *, region: str, announce: OnWrite, profile: str = "") -> None:
        """Look nothing up yet.

        Args:
            name: The stage's.
            region: What was typed; "" if nothing was.
            announce: Told once where the first write goes, and for whom.
            profile: Whose credentials are used; "" leaves that to the environment.

        Raises:
            ConfigurationError: boto3 is not installed, there is no such profile, or nothing says which region is meant.
            InvalidInputError: No stage or no region can have that name.
        """
        self.name = place.checked_stage(name)
        self.account: AwsAccount = accounts.connect(profile)
        self.region = place.region_of(region, os.environ, self._configured, stage=name)
        self._announce = announce
        self._from_cache = False

    @cached_property
    def caller(self) -> str:
        """The short name of who calls."""
        return callers.short(self.account.caller().arn)

    @cached_property
    def facts(self) -> StageOutputs:
        """What the stacks say of themselves, at most some minutes old.

        Raises:
            NotFoundError: There is no such stage in this account and region.
            ConfigurationError: It was deployed in part, or may not be looked at.
        """
        return facts(self.name, self._outputs)

    @cached_property
    def settings(self) -> Settings:
        """Those of its functions; they follow from fewer stacks than all its facts.

        Raises:
            NotFoundError: There is no such stage in this account and region.
            ConfigurationError: One of those stacks is missing, or may not be looked at.
        """
        return settings(self.name, self._outputs)

    @cached_property
    def lacking(self) -> Mapping[str, str]:
        """Stack's short name → what it lacks, as a clause, so that there are no facts; empty for a whole stage.

        Raises:
            NotFoundError: There is no such stage in this account and region.
        """
        return lacking(self.name, self._outputs)

    @cached_property
    def guard(self) -> WriteGuard:
        """What stands before the first write."""
        return WriteGuard(self._before_writing)

    @cached_property
    def clients(self) -> Clients:
        """The clients of its services; no write passes without the guard."""
        return self.account.clients(self.region, before_call=self.guard)

    @contextmanager
    def system(self, *, whole: bool = True) -> Iterator[System]:
        """Its services; unless it must be `whole`, those of a stage whose worker is missing, too.

        Raises:
            ConfigurationError: Something that its stacks named is gone; it says whether they still name it.
        """
        from omnipub.adapters.system.journal import NoJournal
        from omnipub.wiring.aws import on_aws

        system = on_aws(self.facts.settings if whole else self.settings, self.clients, journal=NoJournal())
        try:
            yield system
        except ConfigurationError as error:
            response = getattr(error.__cause__, "response", {})
            if response.get("Error", {}).get("Code") in _GONE:
                error.advise(self._why_gone())
            raise
        finally:
            system.close()
            self.account.close()

    def replay(self, system: System, *, whole: bool = True) -> Replay:
        """What reads its stream and its parked records, and replays them; unless `whole`, its parked records alone."""
        from omnipub.wiring.aws import replay_on_aws

        worker = self.facts.worker if whole else ""
        return replay_on_aws(system, self.clients, worker=worker, parked=self._outputs["Data"]["ParkedBucket"])

    def run_now(self, parents: Sequence[Parent]) -> RunNowReport:
        """Let its own scheduler dispatch what is due, of `parents` only if any are named."""
        from omnipub.adapters.aws.lambda_scheduler import LambdaScheduler

        return LambdaScheduler(self.clients, self.facts.settings.function).run_now(parents)

    def size(self) -> int:
        """Bytes of its table, as DynamoDB counted them some hours ago."""
        name = self.facts.settings.table
        with translated_errors(f"The table {name}"):
            return int(self.clients.of("dynamodb").describe_table(TableName=name)["Table"].get("TableSizeBytes", 0))

    def _why_gone(self) -> str:
        """What to type where something is not there that the stacks named when they were asked."""
        self._kept.drop()
        try:
            moved = settings(self.name, self._read_outputs()) != self.settings
        except OmnipubError:
            moved = True
        if moved:
            return f"Stage {self.name} was deployed anew or taken down a moment ago: type it once more."
        look = f"omnipub status --detect-drift --stage {self.name}"
        return (
            f"Its stack still names it, so it was deleted by hand; docs/runbooks.md says what then. See what is: {look}"
        )

    @cached_property
    def _outputs(self) -> Outputs:
        outputs = self._kept.read()
        self._from_cache = outputs is not None
        return self._read_outputs() if outputs is None else outputs

    @cached_property
    def _kept(self) -> OutputCache:
        return OutputCache(account=self.account.caller().account, region=self.region, stage=self.name)

    def _configured(self) -> str | None:
        return self.account.region or deployed_to(self.name)

    def _read_outputs(self) -> Outputs:
        """What the stacks say now; kept if it is all there."""
        stacks = self.account.stacks(self.region)
        found = {short: stacks.find(name_of(short, self.name)) for short in SAID_BY}
        outputs = {short: stack.outputs for short, stack in found.items() if stack is not None}
        if not outputs:
            raise NotFoundError(
                f"There is no stage '{self.name}' in {self.region}, account {self.account.caller().account}.",
                hint=f"If it is elsewhere, add --region or --profile; if it is to be made: "
                f"omnipub deploy --infra serverless --stage {self.name}",
            )
        if not lacking(self.name, outputs):
            self._kept.write(outputs)
        return outputs

    def _before_writing(self) -> None:
        """Say where it goes, unless it must not.

        What was kept may be of before a deployment, so it is asked anew.

        Raises:
            ConflictError: The deployed table has another shape, or is another one by now.
        """
        current = facts(self.name, self._read_outputs()) if self._from_cache else self.facts
        if current.settings != self.facts.settings:
            raise ConflictError(
                f"Stage {self.name} was deployed anew a moment ago, so nothing was written.",
                hint="Type it once more.",
            )
        check_schema(self.name, here=fingerprint(), there=current.schema, version=__version__, deployed=current.version)
        mode, account = current.settings.mode.value, self.account.caller().account
        real = "posts are real" if mode == "live" else mode
        place = {"stage": self.name, "mode": mode, "account": account, "region": self.region, "caller": self.caller}
        self._announce(
            f"Writing to stage {self.name} ({real}) in account {account}, {self.region}, as {self.caller}.",
            json={"writing_to": place},
        )
