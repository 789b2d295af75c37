"""One call of the command line: what was asked for everywhere, and the system it works on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from omnipub.errors import ConfigurationError
from omnipub.names import LOCAL_OWNER
from omnipub_cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer._click import Context

    from omnipub.config import Settings
    from omnipub.onebox.data import Running
    from omnipub.services.showing import Viewer
    from omnipub.wiring import System

LOCAL = "local"


@dataclass(kw_only=True)
class Call:
    """What the options that every command takes said, wherever in the line they stood."""

    json: bool = False
    quiet: bool = False
    utc: bool = False
    data: str = ""
    stage: str = LOCAL
    command: str = "omnipub"

    @cached_property
    def output(self) -> Output:
        """Where words go; asked for first when all options are read."""
        return Output(json=self.json, quiet=self.quiet, utc=self.utc)

    @cached_property
    def directory(self) -> Path:
        """The data directory.

        Raises:
            ConfigurationError: Another stage than this machine was asked for.
        """
        from omnipub.onebox.data import default_data  # noqa: PLC0415  imported where it is needed

        if self.stage != LOCAL:
            raise ConfigurationError(
                f"There is no stage '{self.stage}' here; only this machine is built yet.",
                hint=f"Leave --stage out, or say --stage {LOCAL}.",
            )
        return Path(self.data).expanduser().absolute() if self.data else default_data()

    @cached_property
    def settings(self) -> Settings:
        """The settings of the data directory, which is made if it is new."""
        from omnipub.onebox.data import open_data  # noqa: PLC0415  likewise

        return open_data(self.directory)

    @contextmanager
    def system(self) -> Iterator[System]:
        """The services on the data directory."""
        from omnipub.wiring import one_machine  # noqa: PLC0415  pydantic, urllib3 and the rest hang on this

        system = one_machine(self.settings)
        try:
            yield system
        finally:
            system.close()

    @property
    def running(self) -> Running | None:
        """The `up` that runs on the data directory."""
        from omnipub.onebox.data import running  # noqa: PLC0415  likewise

        return running(self.directory)

    def viewer(self, *, mine: bool = False) -> Viewer:
        """Who looks: the operator of this machine, or only the owner of what was composed here."""
        from omnipub.services.showing import Viewer  # noqa: PLC0415  likewise

        return Viewer(owner=LOCAL_OWNER, operator=not mine)

    def typed(self, words: str) -> str:
        """A command to type next, with the data directory if this one was named."""
        import shlex  # noqa: PLC0415  only for hints

        return f"omnipub {words} --data {shlex.quote(self.data)}" if self.data else f"omnipub {words}"

    def placed(self, hint: str) -> str:
        """A hint whose commands, if it names any, are typed on the data directory that was named."""
        import re  # noqa: PLC0415  only for hints

        def typed(found: re.Match[str]) -> str:
            words = found["quoted"] or found["last"]
            whole = f"omnipub {words}" if {"--help", "--data"} & set(words.split()) else self.typed(words)
            return f"`{whole}`" if found["quoted"] else whole

        return re.sub(r"`omnipub (?P<quoted>[^`]+)`|(?<=: )omnipub (?P<last>[^`]+)$", typed, hint)

    def warn_if_nothing_runs(self) -> None:
        """Say that nothing will be published, and what to type, if no `up` runs on the data directory."""
        if self.running is None:
            self.output.warn(f"Nothing runs on {self.directory}, so nothing is published yet.")
            self.output.hint(f"Start it in another terminal: {self.typed('up')}")


def call_of(context: Context) -> Call:
    """The call that a command is run by."""
    found = context.find_root().obj
    if not isinstance(found, Call):
        raise TypeError("a command runs below main()")
    return found
