"""`omnipub up`: run omnipub on this machine."""

import socket
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import ConfigurationError
from omnipub.names import API_ROOT
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.failures import judged
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.framework.signals import termination
from omnipub_cli.output.views import LineView, RecordView, StoryView

if TYPE_CHECKING:
    from omnipub.config import Settings
    from omnipub.errors import OmnipubError
    from omnipub.onebox.system import OneMachine

app = typer.Typer(add_completion=False)

USUAL_PORT = 8765
"""The first choice without --port; any free one if somebody has it."""

PORT_AT_MOST = 65_535


@app.command(
    cls=Command,
    epilog=examples("omnipub up", "omnipub up --data ./trial --port 0 --json", "omnipub up --data ./real --live"),
)
def up(
    context: typer.Context,
    *,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=PORT_AT_MOST, metavar="N", help=f"Of the API (default: {USUAL_PORT} or any free one)."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Publish for real. A data directory is live or sandbox for ever.")
    ] = False,
    sandbox_port: Annotated[
        int, typer.Option(min=0, max=PORT_AT_MOST, metavar="N", help="Of the sandbox (default: the one it had before).")
    ] = 0,
) -> None:
    """Run omnipub on this machine until Ctrl-C: API, scheduler, worker and, unless live, a sandbox of the networks."""
    from omnipub.onebox.data_directory import sandbox_outside
    from omnipub.onebox.system import OneMachine

    call = call_of(context)
    settings = _settings(call, live=live)
    box = OneMachine(
        settings,
        port=_free(call) if port is None else port,
        sandbox_port=sandbox_port,
        sandbox_url=sandbox_outside(settings.mode),
        say=lambda trouble: _report(call, trouble),
        words=call.command_of,
    )
    with termination():
        box.start()
        try:
            _greet(call, settings, box)
            box.wait()
        except KeyboardInterrupt:
            call.output.note("Stopping; what is being sent may end first. Ctrl-C again gives up waiting.")
        finally:
            box.stop()
    call.output.note("Stopped. Nothing is lost: what is due goes out when it runs again.")


def _settings(call: Call, *, live: bool) -> "Settings":
    from omnipub.config import Mode
    from omnipub.onebox.data_directory import open_data

    if live:
        return open_data(call.directory, mode=Mode.LIVE, state=call.state_directory)
    if call.settings.mode is Mode.LIVE:
        raise ConfigurationError(
            f"The data in {call.directory} is live: running on it publishes for real.",
            hint=f"If that is meant: {call.typed('up --live')}",
        )
    return call.settings


def _report(call: Call, trouble: "OmnipubError | None") -> None:
    if trouble is None:
        call.output.note("Storage works again; what is overdue goes out now.")
        return
    # Said in JSON as well, and it goes on: the exit code of this moment is nobody's.
    call.output.fail(judged(trouble, command=call.command, line_of=call.command_of, placed=call.placed))
    call.output.note("It goes on by itself; nothing that was accepted is lost.")


def _free(call: Call) -> int:
    """The usual port, or 0 if somebody listens there."""
    if call.running is not None:
        return 0  # not a question of ports: the box refuses, and names who runs here
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            call.output.note(f"Port {USUAL_PORT} is taken; another one is used.")
            return 0
    return USUAL_PORT


def _greet(call: Call, settings: "Settings", box: "OneMachine") -> None:
    mode = settings.mode.value
    token_file = f"{settings.data}/token"
    if call.json:
        call.output.document_line(
            {
                "mode": mode,
                "address": box.address,
                "api": f"{box.address}{API_ROOT}",
                "token": box.token,
                "token_file": token_file,
                "data": settings.data,
                "sandbox_url": box.sandbox_url or None,
            }
        )
        return
    promise = "nothing leaves this machine" if box.sandbox_url else "posts are real"
    call.output.data(
        StoryView(lines=[LineView((f"omnipub runs: {mode.upper()}, {promise}.",), heading=True)]),
        RecordView(
            fields=(
                ("mode", mode),
                ("address", box.address),
                ("api", f"{box.address}{API_ROOT}"),
                ("token", box.token),
                ("token file", token_file),
                ("data", settings.data),
                *([("wall", f"{box.sandbox_url}/")] if box.sandbox_url else []),
            )
        ),
        json=None,
        ids=[box.address],
    )
    call.output.flush()
    wanted = call.typed('messages create "Hello" --to facebook,linkedin --wait')
    call.output.note()
    call.output.note("The API asks for the token as Authorization: Bearer; keep it to yourself.")
    if box.sandbox_url:
        call.output.note("The wall shows what the sandbox's networks received.")
        call.output.hint(f"In another terminal: {wanted}")
    else:
        call.output.hint(f"Connect accounts in another terminal: {call.typed('connections connect --help')}")
    if box.mended:
        call.output.note(f"Others could read files in {settings.data}: {box.mended}. Only their owner can now.")
    call.output.note("Ctrl-C stops it.")
