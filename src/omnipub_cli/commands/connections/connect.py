"""`omnipub connections connect`: give omnipub an account to publish on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError, UnavailableError
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import ActsFor, examples
from omnipub_cli.framework.token_guard import TokenGuardedCommand
from omnipub_cli.output.views import RecordView, StatusCell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.network import Tokens
    from omnipub.wiring.assemble import System
    from omnipub_cli.output.json_documents.connection_documents import ConnectedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=TokenGuardedCommand,
    epilog=examples(
        "omnipub connections connect facebook --account 100000000000001",
        "omnipub connections connect linkedin:team --account urn:li:organization:1001 --token-stdin < token",
        "omnipub connections connect bluesky --account ada.example.com --url https://pds.example.com",
        "omnipub connections connect linkedin --owner USER --account urn:li:person:AbC1 --stage prod",
        "omnipub connections connect webhook --account intranet --url https://intranet.example.com/hook",
    ),
)
def connect(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    channel: Annotated[
        str, typer.Argument(metavar="CHANNEL", help="A network, or network:alias for a second account.")
    ],
    *,
    account: Annotated[
        str, typer.Option(metavar="ID", help="The network's own id of the account; a name of yours where it has none.")
    ],
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The address that posts go to, as with webhooks (kept sealed), "
            "or the account's own server, as with Bluesky.",
        ),
    ] = "",
    owner: ActsFor = "",
    title: Annotated[str, typer.Option(metavar="TEXT", help="A name for people (default: the id).")] = "",
    ends: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When the token ends, if its network said so; it is renewed before, or you are reminded.",
        ),
    ] = "",
    renewable: Annotated[
        bool, typer.Option("--renewable", help="Ask also for what the network takes to renew the token.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Connect without asking the network who the token belongs to.")
    ] = False,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the token from standard input instead of asking for it.")
    ] = False,
) -> None:
    """Connect an account, or renew the token of a connected one and let what was held go on."""
    from omnipub.config import Mode
    from omnipub.domain.ids import checked_channel, network_of
    from omnipub.domain.secret_urls import shown
    from omnipub_cli.commands._shared.accounts import shape

    call = call_of(context).on_behalf_of(owner)
    network = network_of(checked_channel(channel))
    with call.system() as system:
        if network not in system.channels:
            known = ", ".join(sorted(system.channels))
            raise InvalidInputError(f"omnipub does not know the network '{network}'.", hint=f"Known networks: {known}.")
        if not account.strip():
            raise InvalidInputError("The account has no id.", problems=[("account", "Nothing was given.")])
        spoken = system.channels[network]
        account = spoken.account_ids.read(account, network=spoken.title)
        own = "" if url else system.accounts.own_address(call.owner, channel, account)
        if system.settings.mode is Mode.SANDBOX and not (url or own):
            if renewable or ends:
                raise InvalidInputError(
                    "The sandbox makes its tokens itself; they neither end nor need to be renewed.",
                    hint="Leave --ends and --renewable out.",
                )
            _to_the_sandbox(call, system, channel, account, title)
        else:
            given = _Given(
                channel=channel,
                account=account,
                title=title,
                url=url or own,
                ends=ends,
                renewable=renewable,
                unchecked=unchecked,
                token_stdin=token_stdin,
            )
            _of_ones_own(call, system, given)
        connected = system.accounts.find(call.owner, channel)
    if connected is None:
        raise UnavailableError(f"{channel} was connected and is gone again.", hint="Try again.")
    record = RecordView(
        fields=(
            ("channel", connected.channel),
            ("account", shown(connected.account)),
            ("title", connected.title),
            ("standing", StatusCell(connected.standing.value)),
            ("ends", connected.refresh_at),
            ("mode", system.settings.mode.value),
        )
    )
    document: ConnectedJson = {**shape(connected), "mode": system.settings.mode.value}
    call.output.data(record, json=document, ids=[connected.channel])
    call.output.hint(f"See whether its token works: {call.typed(f'connections test {channel}')}")
    if not call.acting_for:
        example = f'messages create "Hello" --to {channel}'
        call.output.hint(f"Try it: {call.typed(example)}")


def _to_the_sandbox(call: Call, system: "System", channel: str, account: str, title: str) -> None:
    """Open the account at the sandbox. A real token has no business there, so none is asked for."""
    from omnipub.onebox import sandbox_process

    if call.on_aws and not system.settings.sandbox_url:
        raise UnavailableError(
            f"Stage {call.stage} names no sandbox, so no account can be opened there.",
            hint="Name a server of your own with --url URL, or give the stage a sandbox: "
            "sandbox_url in cdk/omnipub_cdk/stages.py",
        )
    running = call.running
    sandbox = running.sandbox_url if running else system.settings.sandbox_url if call.on_aws else ""
    if not sandbox:
        raise UnavailableError(
            f"{call.directory} publishes to its sandbox, which does not run, so it cannot open the account.",
            hint=f"Start it in another terminal: {call.typed('up')}",
        )
    call.output.note("This is the sandbox: it opens the account itself, and no real token is asked for or used.")
    try:
        sandbox_process.connect(
            system, sandbox, owner=call.owner, channel=channel, account=account, title=title, ask=True
        )
    except OSError as error:
        raise UnavailableError(
            f"The sandbox at {sandbox} does not answer.",
            hint="See whether it runs, and whether this machine reaches it.",
        ) from error


@dataclass(frozen=True, kw_only=True)
class _Given:
    """What was typed, by the names of its options."""

    channel: str
    account: str
    title: str
    url: str
    ends: str
    renewable: bool
    unchecked: bool
    token_stdin: bool


def _of_ones_own(call: Call, system: "System", given: _Given) -> None:
    from omnipub.domain.conversation import Secret
    from omnipub.domain.ids import network_of
    from omnipub.domain.timestamps import moment
    from omnipub.services.accounts.check import Identity
    from omnipub_cli.commands.connections._urls import place_of
    from omnipub_cli.framework.inputs import moment_of

    channel = given.channel
    place = place_of(system, channel, given.url)
    ends_at = moment(moment_of(given.ends, "--ends")) if given.ends else None
    if ends_at is not None and ends_at <= system.world.clock.now():
        raise InvalidInputError("The token has ended already.", hint="Get a new one, or give a later --ends.")
    needs = system.connecting.needs_for_renewal(channel) if given.renewable else ()
    if given.renewable and not needs:
        raise InvalidInputError(
            f"{channel} has no tokens that can be renewed.",
            hint="Leave --renewable out, and connect it again when its token ends.",
        )
    tokens = system.channels[network_of(channel)].tokens
    text, *credentials = _secrets(channel, needs, tokens, token_stdin=given.token_stdin)
    token = Secret(text)
    identity = Identity(id=given.account)
    if not given.unchecked:
        identity = system.connecting.identity(channel, given.account, token, base_url=place)
        call.output.note(identity.sentence or "Nothing can be asked about this account before it is used.")
    system.connecting.connect(
        owner=call.owner,
        channel=channel,
        account=given.account,
        token=token,
        title=given.title or identity.title,
        network_id=identity.id,
        base_url=place,
        ends_at=ends_at,
        credentials=dict(zip(needs, map(Secret, credentials), strict=True)),
    )


def _secrets(channel: str, needs: "Sequence[str]", tokens: "Tokens", *, token_stdin: bool) -> list[str]:
    """Return the token and what its renewal needs, a line each; where an account has several tokens, those alone."""
    from omnipub_cli.framework import inputs

    given = inputs.secret(from_stdin=token_stdin, prompt=f"{tokens.prompt or f'Token of {channel}'}: ")
    if tokens.several:
        return [given]
    lines = [line.strip() for line in given.splitlines() if line.strip()]
    if not token_stdin:
        lines += [inputs.secret(from_stdin=False, prompt=f"{name.replace('_', ' ').capitalize()}: ") for name in needs]
    if len(lines) != 1 + len(needs):
        wanted = ", ".join(["the token", *(name.replace("_", " ") for name in needs)])
        raise InvalidInputError(
            f"Standard input has {len(lines)} lines; wanted: {1 + len(needs)}.", hint=f"A line each: {wanted}."
        )
    if any(len(line.split()) != 1 for line in lines):
        raise InvalidInputError("A token has no spaces in it.", hint="Copy it again, without what stands around it.")
    return lines
