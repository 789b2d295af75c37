"""What the commands about connected accounts have in common: finding one, showing one, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.services.accounts.check import CheckResult
    from omnipub.storage.items import Connection
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.connection_documents import ConnectionTestJson, ConnectionWithTokenJson

COUNTED_AT_MOST = 200
"""Of what waits in one state, more is not counted: each is looked up by itself."""

TESTED = (Column("CHANNEL"), Column("VERDICT"), Column("ACCOUNT", flexible=True, rank=1), Column("WHAT", flexible=True))


def found(call: Call, system: System, channel: str) -> Connection:
    """The account of that name.

    Raises:
        InvalidInputError: It is no name of a channel.
        NotFoundError: No account has it.
    """
    from omnipub.domain.ids import checked_channel
    from omnipub.errors import NotFoundError

    one = system.accounts.find(call.owner, checked_channel(channel))
    if one is None:
        raise NotFoundError(
            f"No account is connected as {channel}.", hint=f"See what is: {call.typed('connections list')}"
        )
    return one


def say_none(call: Call) -> None:
    """Say that no account is connected, and what to type for the first one."""
    call.output.note("No account is connected yet.")
    teach(call)


def teach(call: Call) -> None:
    """Say what to type for the first account."""
    from omnipub.config import Mode

    own = call.typed("connections connect --help")
    if call.on_aws or call.settings.mode is Mode.LIVE:
        call.output.hint(f"Connect one: {own}")
    elif call.runs:
        call.output.hint(f"Connect one of your own: {own}")
    else:
        call.output.hint(f"`{call.typed('up')}` connects accounts of the sandbox; your own: {own}")


def some(channels: Sequence[str]) -> str:
    """One or two of the connected accounts, for an example of `--to`."""
    return ",".join(channels[:2])


def shape(connection: Connection) -> ConnectionWithTokenJson:
    """A connected account as JSON, without its token."""
    from omnipub.domain.timestamps import to_text
    from omnipub.services.accounts.refresh_results import renewable
    from omnipub.services.channels.catalog import connection as connection_json

    ends = connection.refresh_at
    failed = connection.renewal_failed
    return {
        **connection_json(connection),
        "ends_at": to_text(ends) if ends else None,
        "renewable": renewable(connection),
        "renewal_failed": failed.sentence if failed else None,
    }


def again(call: Call, connection: Connection) -> str:
    """The command that gives a connected account a new token."""
    from omnipub.services.accounts.check import connect_again

    return call.command_of(connect_again(connection))


def after(call: Call, tested: CheckResult) -> str:
    """The command that helps after a test; empty if there is nothing to do."""
    from omnipub.services.accounts.check import next_after

    hint = next_after(tested)
    return call.command_of(hint) if hint else ""


def table(tested: Sequence[CheckResult]) -> list[TableView]:
    """Verdicts as rows; no table if there are none."""
    from omnipub.domain.secret_urls import shown

    rows: list[Sequence[Cell]] = [
        (one.connection.channel, StatusCell(one.verdict.value), shown(one.connection.account), one.sentence)
        for one in tested
    ]
    return [TableView(columns=TESTED, rows=rows)] if rows else []


def verdict(call: Call, tested: CheckResult) -> ConnectionTestJson:
    """A verdict as JSON; `next` is what to type."""
    one = tested.connection
    return {
        "channel": one.channel,
        "account": one.account,
        "verdict": tested.verdict.value,
        "sentence": tested.sentence,
        "next": after(call, tested) or None,
    }


def exit_code(tested: Sequence[CheckResult]) -> int:
    """The exit code: 0 if all accounts work; a network that did not answer has a code of its own."""
    from omnipub.services.accounts.check import CheckVerdict
    from omnipub_cli.framework.exit_codes import ExitCode

    verdicts = {one.verdict for one in tested}
    if verdicts & {CheckVerdict.EXPIRED, CheckVerdict.NOT_ALLOWED}:
        return ExitCode.FAILURE
    return ExitCode.UNAVAILABLE if CheckVerdict.UNREACHABLE in verdicts else ExitCode.OK
