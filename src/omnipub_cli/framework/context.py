"""One call of the command line: what was asked for everywhere, and the system it works on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from omnipub.errors import ConfigurationError, OmnipubError
from omnipub.names import LOCAL_OWNER
from omnipub_cli.output.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import typer

    from omnipub.config import Settings
    from omnipub.domain.ids import Parent
    from omnipub.hints import Hint
    from omnipub.onebox.data_directory import RunningInstance
    from omnipub.services.messages.read import Viewer
    from omnipub.services.scheduling.run_now import RunNowReport
    from omnipub.services.stream.replay import Replay
    from omnipub.wiring.assemble import System
    from omnipub_cli.deployment.stage.stage import Stage

LOCAL = "local"


@dataclass(kw_only=True)
class Call:
    """What the options that every command takes said, wherever in the line they stood."""

    json: bool = False
    quiet: bool = False
    utc: bool = False
    wide: bool = False
    data: str = ""
    state: str = ""
    stage: str = LOCAL
    region: str = ""
    profile: str = ""
    command: str = "omnipub"
    acting_for: str = ""

    @cached_property
    def output(self) -> Output:
        """Where words go; asked for first when all options are read."""
        return Output(json=self.json, quiet=self.quiet, utc=self.utc, wide=self.wide)

    @cached_property
    def directory(self) -> Path:
        """The data directory.

        Raises:
            ConfigurationError: Another stage than this machine was asked for.
        """
        from omnipub import user_directories

        if self.stage != LOCAL:
            raise ConfigurationError(
                f"Stage {self.stage} has no data directory; `{self.command}` works on this machine's alone.",
                hint=f"Leave --stage out, or say --stage {LOCAL}.",
            )
        return Path(self.data).expanduser().absolute() if self.data else user_directories.data()

    @property
    def begun(self) -> bool:
        """Whether its command has begun; before that, only help is printed."""
        return self.command != Call.command

    @property
    def on_aws(self) -> bool:
        """Whether a stage on AWS was asked for."""
        return self.stage != LOCAL

    @cached_property
    def staged(self) -> Stage:
        """The stage on AWS that was asked for."""
        from omnipub_cli.deployment.stage.stage import Stage

        return Stage(self.stage, region=self.region, announce=self.output.announce, profile=self.profile)

    @property
    def where(self) -> str:
        """What is worked on, for sentences: the data directory, or the stage."""
        return f"stage {self.stage} in {self.staged.region}" if self.on_aws else str(self.directory)

    @property
    def owner(self) -> str:
        """The owner of what is made here, and the name of whoever acts.

        On a stage, that is the caller's short ARN.

        Accounts can also be looked after for somebody else, who is then the owner.
        """
        return self.acting_for or (self.staged.caller if self.on_aws else LOCAL_OWNER)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the stage, or of the data directory, which is made if it is new."""
        if self.on_aws:
            return self.staged.facts.settings
        from omnipub.onebox.data_directory import open_data

        return open_data(self.directory, state=self.state_directory)

    @property
    def state_directory(self) -> Path | None:
        """The state directory that was asked for; None leaves it to the environment or the user's own."""
        return Path(self.state).expanduser().absolute() if self.state else None

    @contextmanager
    def system(self) -> Iterator[System]:
        """The services on the data directory, or of the stage."""
        if self.on_aws:
            with self.staged.system() as system:
                yield system
            return
        from omnipub.wiring.local import one_machine

        system = one_machine(self.settings)
        try:
            yield system
        finally:
            system.close()

    def replay(self, system: System) -> Replay:
        """What reads the stream of that system and its parked records, and replays them."""
        if self.on_aws:
            return self.staged.replay(system)
        from omnipub.wiring.local import replay_of

        return replay_of(system)

    def run_now(self, system: System, parents: Sequence[Parent]) -> RunNowReport:
        """Dispatch what is due of that system, of `parents` only if any are named: here, or by a stage's scheduler."""
        if self.on_aws:
            return self.staged.run_now(parents)
        return system.run_now.run(parents, dry_run=False)

    @property
    def runs(self) -> bool:
        """Whether something publishes what is due: an `up` on the data directory; a stage on AWS does by itself."""
        return self.on_aws or self.running is not None

    @property
    def running(self) -> RunningInstance | None:
        """The `up` that runs on the data directory; None on a stage."""
        if self.on_aws:
            return None
        from omnipub.onebox.data_directory import running

        return running(self.directory)

    def announce(self) -> None:
        """Say where a question's answer has its effect, if this command works on a stage on AWS."""
        if "staged" in vars(self):  # a command about deployments names its stage itself
            self.staged.guard.act()

    def on_behalf_of(self, owner: str) -> Call:
        """This call, for the accounts of `owner`; "" leaves it with the caller's own."""
        self.acting_for = owner
        return self

    def viewer(self, *, mine: bool = False) -> Viewer:
        """Who looks: the operator of this machine or stage, or only the owner of what was composed here."""
        from omnipub.services.messages.read import Viewer

        return Viewer(owner=self.owner, operator=not mine)

    def typed(self, words: str) -> str:
        """A command to type next, with the data directory, stage, region and profile that were named."""
        import shlex

        whose = self.acting_for if words.startswith("connections ") else ""
        named = {"--owner": whose, "--data": self.data, "--state": "" if self.on_aws else self.state}
        named |= {"--stage": self.stage if self.on_aws else "", "--region": self.region, "--profile": self.profile}
        given = set(shlex.split(words))
        options = [
            f" {option} {shlex.quote(value)}" for option, value in named.items() if value and option not in given
        ]
        return f"omnipub {words}{''.join(options)}"

    def worded(self, *hints: str | Hint) -> str:
        """Hints as a person types them where this call was typed."""
        from omnipub_cli.framework.hint_commands import worded

        return worded(hints, self.command_of, self.placed)

    def command_of(self, hint: Hint) -> str:
        """The whole command line of a hint."""
        from dataclasses import replace

        from omnipub_cli.framework.hint_commands import typed

        return typed(replace(hint, owner="") if self._is_owner(hint.owner) else hint, self.typed)

    def _is_owner(self, owner: str) -> bool:
        """Whether that owner is whose accounts this call looks after, so that no hint has to name them."""
        try:
            return bool(owner) and owner == self.owner
        except OmnipubError:  # a stage that cannot be asked who calls
            return False

    def placed(self, hint: str) -> str:
        """A hint whose commands, if it names any, are typed where this one was."""
        import os
        import re
        import shlex

        def typed(found: re.Match[str]) -> str:
            words = found["quoted"] or found["last"]
            whole = f"omnipub {words}" if {"--help", "--data", "--stage"} & set(words.split()) else self.typed(words)
            return f"`{whole}`" if found["quoted"] else whole

        profile = self.profile or os.environ.get("AWS_PROFILE", "")
        if profile:
            hint = hint.replace("aws sso login", f"aws sso login --profile {shlex.quote(profile)}")
        return re.sub(r"`omnipub (?P<quoted>[^`]+)`|(?<=: )omnipub (?P<last>[^`]+)$", typed, hint)

    def warn_if_nothing_runs(self) -> None:
        """Say that nothing will be published, and what to type, if no `up` runs on the data directory."""
        if not self.runs:
            self.output.warn(f"Nothing runs on {self.directory}, so nothing is published yet.")
            self.output.hint(f"Start it in another terminal: {self.typed('up')}")


def call_of(context: typer.Context) -> Call:
    """The call that a command is run by."""
    found = context.find_root().obj
    if not isinstance(found, Call):
        raise TypeError("a command runs below main()")
    return found
