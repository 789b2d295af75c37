"""`omnipub connections`: connect accounts on the networks."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError, UnavailableError
from omnipub.names import LOCAL_OWNER
from omnipub_cli import inputs
from omnipub_cli.context import Call, call_of
from omnipub_cli.drawing import Column, Record, State, Table
from omnipub_cli.options import Command, examples, group

if TYPE_CHECKING:
    from omnipub.wiring import System

app = group("Connect accounts on the networks.", "omnipub connections list")

CONNECTIONS = (
    Column("CHANNEL"),
    Column("STANDING"),
    Column("SINCE"),
    Column("ACCOUNT"),
    Column("TITLE"),
    Column("WHY", flexible=True),
)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub connections connect facebook --account 100000000000001",
        "omnipub connections connect linkedin:team --account urn:li:organization:1001 --token-stdin < token",
        "omnipub connections connect webhook --account intranet --url https://intranet.example.com/hook",
    ),
)
def connect(
    context: typer.Context,
    channel: Annotated[
        str, typer.Argument(metavar="CHANNEL", help="A network, or network:alias for a second account.")
    ],
    *,
    account: Annotated[str, typer.Option(metavar="ID", help="The network's own id of the account.")],
    url: Annotated[str, typer.Option(metavar="URL", help="Where a webhook's deliveries go.")] = "",
    title: Annotated[str, typer.Option(metavar="TEXT", help="A name for people (default: the id).")] = "",
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the token from standard input instead of asking for it.")
    ] = False,
) -> None:
    """Connect an account, or renew the token of a connected one and let what was held go on."""
    from omnipub.config import Mode  # noqa: PLC0415  a command imports what it uses
    from omnipub.domain.identity import checked_channel, network_of  # noqa: PLC0415  likewise
    from omnipub.services.catalog import connection as shape  # noqa: PLC0415  likewise

    call = call_of(context)
    network = network_of(checked_channel(channel))
    with call.system() as system:
        if network not in system.channels:
            known = ", ".join(sorted(system.channels))
            raise InvalidInputError(f"omnipub does not know the network '{network}'.", hint=f"Known networks: {known}.")
        if not account.strip():
            raise InvalidInputError("The account has no id.", problems=[("account", "Nothing was given.")])
        if system.settings.mode is Mode.SANDBOX:
            _to_the_sandbox(call, system, channel, account, title)
        else:
            _for_real(system, channel, account, title, url, token_stdin=token_stdin)
        connected = system.accounts.find(LOCAL_OWNER, channel)
    if connected is None:
        raise UnavailableError(f"{channel} was connected and is gone again.", hint="Try again.")
    record = Record(
        fields=(
            ("channel", connected.channel),
            ("account", connected.account),
            ("title", connected.title),
            ("standing", State(connected.standing.value)),
            ("mode", system.settings.mode.value),
        )
    )
    call.output.data(record, json=shape(connected) | {"mode": system.settings.mode.value}, ids=[connected.channel])
    example = f'messages create "Hello" --to {channel}'
    call.output.hint(f"Try it: {call.typed(example)}")


@app.command("list", cls=Command, epilog=examples("omnipub connections list"))
def list_(context: typer.Context) -> None:
    """List connected accounts and whether they can be used."""
    from omnipub.services.catalog import connection as shape  # noqa: PLC0415  a command imports what it uses

    call = call_of(context)
    with call.system() as system:
        found = system.accounts.of(LOCAL_OWNER)
    rows = [
        (one.channel, State(one.standing.value), one.standing_since, one.account, one.title, one.standing_reason)
        for one in found
    ]
    call.output.data(
        *([Table(columns=CONNECTIONS, rows=rows)] if rows else []),
        json={"connections": [shape(one) for one in found]},
        ids=[one.channel for one in found],
    )
    if not found:
        call.output.note("No account is connected yet.")
        call.output.hint(
            f"`{call.typed('up')}` connects sandbox accounts; your own: omnipub connections connect --help"
        )


def _to_the_sandbox(call: Call, system: "System", channel: str, account: str, title: str) -> None:
    """Open the account at the sandbox. A real token has no business there, so none is asked for."""
    from omnipub.onebox import sandboxed  # noqa: PLC0415  the command's half has imported it

    running = call.running
    if running is None:
        raise UnavailableError(
            f"{call.directory} publishes to its sandbox, which does not run, so it cannot open the account.",
            hint=f"Start it in another terminal: {call.typed('up')}",
        )
    call.output.note("This is the sandbox: it opens the account itself, and no real token is asked for or used.")
    sandboxed.connect(system, running.sandbox_url, channel=channel, account=account, title=title)


def _for_real(system: "System", channel: str, account: str, title: str, url: str, *, token_stdin: bool) -> None:
    from omnipub.domain.conversation import Secret  # noqa: PLC0415  likewise

    of_ones_own = not system.channels[channel.partition(":")[0]].base_url
    if of_ones_own and not url.startswith("https://"):
        raise InvalidInputError(
            f"{channel} needs the address its deliveries go to.", hint="Add --url https://…; it must be https."
        )
    if url and not of_ones_own:
        raise InvalidInputError(f"{channel} has an address of its own; --url is for webhooks.", hint="Leave --url out.")
    asked = "Signing secret (whsec_…): " if of_ones_own else f"Token of {channel}: "
    token = inputs.secret(from_stdin=token_stdin, prompt=asked)
    system.accounts.connect(
        owner=LOCAL_OWNER, channel=channel, account=account, token=Secret(token), title=title, base_url=url
    )
