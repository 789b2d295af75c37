"""The options that commands share: those that every command takes, and types for those that several take."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from omnipub.errors import ConfigurationError
from omnipub_cli.framework import value_checks
from omnipub_cli.framework.context import Call, call_of

SHARED = "Options of every command"

SECONDS_AT_MOST = 31 * 24 * 60 * 60
"""Of what is waited for; longer is taken for a typing mistake."""

HELP = {"help_option_names": ["-h", "--help"]}

To = Annotated[
    list[str],
    typer.Option("--to", metavar="CHANNEL", help="Channels: facebook, linkedin:team … Repeat it, or use commas."),
]
At = Annotated[
    str,
    typer.Option(
        "--at", metavar="TIME", help="When: +2h, or with --zone tomorrow 9:00, monday 9:00, YYYY-MM-DDTHH:MM."
    ),
]
Zone = Annotated[str, typer.Option("--zone", metavar="IANA", help="The zone of --at, e.g. Europe/Berlin.")]
Fold = Annotated[
    Literal["earlier", "later"] | None,
    typer.Option("--fold", help="Which one, if clocks go back and the local time happens twice."),
]
Key = Annotated[
    str,
    typer.Option("--idempotency-key", metavar="KEY", help="Repeating the command with the same key creates nothing."),
]
Limit = Annotated[int, typer.Option("--limit", "-L", min=1, max=100, metavar="N", help="Rows at most, from 1 to 100.")]
Cursor = Annotated[str, typer.Option("--cursor", metavar="CURSOR", help="Go on where the previous page ended.")]
Mine = Annotated[bool, typer.Option("--mine", help="Only what was composed on this command line.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it until every channel has an end; exit 1 if one failed.")]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, max=SECONDS_AT_MOST, help="With --wait: how long after the due moment."
    ),
]


Channels = Annotated[
    list[str] | None,
    typer.Option("--channel", metavar="CHANNEL", help="Only these channels of it. Repeat it, or use commas."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of a message or a certification, as the lists print it.")]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Of messages and certifications; or narrow instead.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
HasStatus = Annotated[
    str,
    typer.Option(
        "--status", metavar="STATUS", help="Only what is so on a channel: scheduled, published, held, failed …"
    ),
]
GoesTo = Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="Only what goes to this channel.")]
Owner = Annotated[str, typer.Option("--owner", metavar="USER", help="Only what this user composed.")]
ActsFor = Annotated[
    str,
    typer.Option("--owner", metavar="USER", help="Whose accounts, if not your own: an id, as `users show` prints it."),
]
Since = Annotated[
    str, typer.Option("--since", metavar="TIME", help="Composed then or later: YYYY-MM-DD, yesterday, or 2h ago: 2h.")
]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Composed before that; likewise.")]
DueAfter = Annotated[
    str, typer.Option("--due-after", metavar="TIME", help="Due then or later: today 9:00, +2h, YYYY-MM-DD; 2h is ago.")
]
DueBefore = Annotated[str, typer.Option("--due-before", metavar="TIME", help="Due before that; likewise.")]
HasText = Annotated[
    str, typer.Option("--text", metavar="WORDS", help="Only what has these words in text, link or hashtags.")
]
Imported = Annotated[
    str, typer.Option("--import", metavar="NAME", help="Only what this import composed: its file's name, or --name.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every page to the end, instead of --limit rows.")]
NotAfter = Annotated[
    str,
    typer.Option(
        "--not-after", metavar="TIME|SPAN", help="Begin by then, or miss it: 2h (after it is due), or like --at."
    ),
]


class Command(TyperCommand):
    """A command with the options that every command takes."""

    def __init__(self, name: str | None, **kwargs: Any) -> None:
        own = kwargs.get("params") or ()
        kwargs["params"] = [*own, *_beside(own)]
        kwargs["context_settings"] = {**HELP, **(kwargs.get("context_settings") or {})}
        super().__init__(name, **kwargs)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed; nothing of it may be empty."""
        if not ctx.resilient_parsing:  # else somebody is still typing, and a shell asks how it may go on
            value_checks.refuse(self, ctx, args)
        rest = super().parse_args(ctx, args)
        value_checks.refuse_no_numbers(self, ctx)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run it where and as whom it was asked for; errors may then name its help."""
        call = call_of(ctx)
        call.command = ctx.command_path
        if call.on_aws:
            from omnipub_cli.deployment.stage.unsupported import check

            check(call.command.removeprefix("omnipub "), call.stage)
        if call.region and ctx.params.get("region") == "":  # a command spells it itself, and its group was told
            ctx.params["region"] = call.region
        return super().invoke(ctx)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  typer passes it
        """The examples in plain help, a line each."""
        _write_examples(self.epilog, formatter)

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002  nothing is cut off
        """What it does, as a list of commands says it."""
        return in_short(self.help or "")


def in_short(summary: str) -> str:
    """The first part of a command's sentence; what is said behind a colon or semicolon is for its own help."""
    return re.split("[:;] ", summary.removesuffix("."))[0] + "."


class CommandGroup(TyperGroup):
    """A group that takes the same options for its commands, and explains itself when none is named."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or ()), *everywhere()]
        kwargs["context_settings"] = {**HELP, **(kwargs.get("context_settings") or {})}
        super().__init__(**kwargs)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; a bare group means its help."""
        if not ctx.resilient_parsing:
            value_checks.refuse(self, ctx, args)
        return super().parse_args(ctx, args or ["--help"])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  typer passes it
        """The examples in plain help, a line each."""
        _write_examples(self.epilog, formatter)


def group(summary: str, example: str) -> typer.Typer:
    """An empty command group."""
    app = typer.Typer(cls=CommandGroup, help=summary, epilog=examples(example), add_completion=False)
    app.callback()(_nothing)
    return app


def examples(*commands: str) -> str:
    """The epilog that shows how a command is used."""
    shown = "\n".join(commands).replace("[", r"\[")
    return f"Example:\n{shown}" if len(commands) == 1 else f"Examples:\n{shown}"


def _write_examples(epilog: str | None, formatter: Any) -> None:
    heading, *lines = (epilog or "").replace(r"\[", "[").splitlines() or [""]
    if lines:
        formatter.write(f"\n{heading}\n")
        formatter.write("".join(f"  {line}\n" for line in lines))


@cache
def everywhere() -> tuple[TyperOption, ...]:
    """The options of every command; each writes itself into the call."""
    app = typer.Typer(add_completion=False)
    app.command()(_shared_options)
    made = typer.main.get_command(app).params
    return tuple(one for one in made if isinstance(one, TyperOption))


def _beside(own: Iterable[Any]) -> list[TyperOption]:
    """The options of every command, but for those that a command spells itself."""
    spelled = {option for one in own for option in one.opts}
    return [one for one in everywhere() if not spelled & set(one.opts)]


def listed(values: list[str]) -> list[str]:
    """Values given repeatedly or with commas, as one list."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def once(values: list[str] | None) -> list[str]:
    """The same, each value once."""
    return list(dict.fromkeys(listed(values or [])))


def _into_call(name: str) -> Callable[[typer.Context, typer.CallbackParam, Any], None]:
    def write(context: typer.Context, parameter: typer.CallbackParam, value: Any) -> None:
        call = context.find_root().obj
        if not isinstance(call, Call) or not value:
            return
        source = context.get_parameter_source(parameter.name or "")
        named = source is not None and source.name == "COMMANDLINE"
        if value_checks.is_blank(str(value)):
            raise ConfigurationError(f"{parameter.envvar} has only spaces.", hint="Give it a value, or unset it.")
        # A variable must not win over the option that stood before the group.
        if named or getattr(call, name) == getattr(Call, name):
            setattr(call, name, value)

    return write


def _option(
    option: str, name: str, *more: str, words: str, metavar: str | None = None, envvar: str | None = None
) -> Any:
    return typer.Option(
        option,
        *more,
        metavar=metavar,
        envvar=envvar,
        expose_value=False,
        callback=_into_call(name),
        help=words,
        show_default=False,
        show_envvar=False,
        rich_help_panel=SHARED,
    )


def _shared_options(
    *,
    asked_json: Annotated[bool, _option("--json", "json", words="Print one JSON document.")] = False,
    asked_quiet: Annotated[bool, _option("--quiet", "quiet", "-q", words="Print ids only, one a line.")] = False,
    asked_utc: Annotated[
        bool, _option("--utc", "utc", words="Show moments in UTC instead of this machine's zone.")
    ] = False,
    asked_wide: Annotated[
        bool, _option("--wide", "wide", words="Show every column of a table whole, however narrow the terminal is.")
    ] = False,
    asked_data: Annotated[
        str | None,
        _option("--data", "data", metavar="DIR", envvar="OMNIPUB_DATA", words="The data directory on this machine."),
    ] = None,
    asked_state: Annotated[
        str | None,
        _option(
            "--state", "state", metavar="DIR", envvar="OMNIPUB_STATE", words="Where the evidence of sends is kept."
        ),
    ] = None,
    asked_stage: Annotated[
        str | None,
        _option(
            "--stage", "stage", metavar="NAME", envvar="OMNIPUB_STAGE", words="Where it runs: local, or a stage on AWS."
        ),
    ] = None,
    asked_region: Annotated[
        str | None,
        _option("--region", "region", metavar="REGION", words="Where the stage is, if not where AWS_REGION says."),
    ] = None,
    asked_profile: Annotated[
        str | None,
        _option("--profile", "profile", metavar="NAME", words="Whose credentials for AWS, of `aws configure`."),
    ] = None,
) -> None:
    """Nothing by itself: a place for the options to stand."""


def _nothing() -> None:
    """A group does nothing by itself."""
