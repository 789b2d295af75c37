"""`omnipub notify set`: say who is told when something needs a person."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.commands.notify import _targets
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub.ports.mail import MailServer
    from omnipub_cli.output.json_documents.notify_documents import NoticeTargetJson

app = typer.Typer(add_completion=False)

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How the way to the server is protected → its usual port."""

PORT_AT_MOST = 65_535

MAIL_QUESTIONS = {
    "--to": "Who is told, a mail address",
    "--from": "Whom the mail is from, a mail address",
    "--server": "The mail server that takes it",
}
"""Option → what is asked at a terminal where it is missing."""


@app.command(
    "set",
    cls=_targets.SecretGuardedCommand,
    epilog=examples(
        "omnipub notify set mail --to ada@example.com --from o@example.com --server smtp.example.com --user me",
        "omnipub notify set mail:here --to root@localhost --from omnipub@localhost --server 127.0.0.1 --tls none",
        "omnipub notify set slack --secret-stdin < FILE",
        "omnipub notify set webhook:pager",
    ),
)
def set_(
    context: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="mail, webhook or slack; another one of its kind is mail:NAME.")
    ],
    *,
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Mail: who is told.")] = "",
    sender: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Mail: whom it is from.")] = "",
    server: Annotated[str, typer.Option(metavar="HOST", help="Mail: the server that takes it.")] = "",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=PORT_AT_MOST, metavar="N", help="Mail: its port (default: 587; tls 465, none 25)."),
    ] = None,
    tls: Annotated[
        Literal["starttls", "tls", "none"] | None,
        typer.Option(help="Mail: how the way there is encrypted (default: starttls); none is for this machine alone."),
    ] = None,
    user: Annotated[
        str, typer.Option(metavar="NAME", help="Mail: the name to sign in with; its password is asked for.")
    ] = "",
    secret_stdin: Annotated[
        bool,
        typer.Option("--secret-stdin", help="Read the password or the address from standard input instead of asking."),
    ] = False,
) -> None:
    """Say who is told when something needs a person: by mail, a webhook or Slack."""
    from omnipub.domain.notice_target import TargetKind, checked_target, kind_of
    from omnipub_cli.framework.prompts import ask, can_ask

    call = call_of(context)
    _targets.refuse_stage(call)
    kind = kind_of(checked_target(target))
    mail = {"--to": to, "--from": sender, "--server": server}
    given = [name for name, value in {**mail, "--port": port, "--tls": tls, "--user": user}.items() if value]
    if kind is TargetKind.MAIL:
        missing = [name for name, value in mail.items() if not value]
        if missing and can_ask():
            to, sender, server = (value or ask(call, MAIL_QUESTIONS[name]) for name, value in mail.items())
            user = user or ask(call, "Name to sign in with (empty for none)")
            missing = [name for name, value in {"--to": to, "--from": sender, "--server": server}.items() if not value]
        if missing:
            raise InvalidInputError(f"Mail needs {', '.join(missing)} as well.", hint="See the example in --help.")
        if secret_stdin and not user:
            raise InvalidInputError("There is no password without --user.", hint="Add --user, or leave it out.")
    elif given:
        raise InvalidInputError(f"{', '.join(given)} is for mail alone.", hint=f"Leave it out for {kind}.")
    with call.system() as system:
        if kind is TargetKind.MAIL:
            place = _server(server, port, tls or "starttls", user, stdin=secret_stdin)
            made = system.notice_targets.set_mail(target, place, sender=sender, recipient=to)
        else:
            from omnipub.config import Mode

            what = "Address of the incoming webhook" if kind is TargetKind.SLACK else "Address of the webhook"
            address = _targets.secret(what, from_stdin=secret_stdin)
            in_the_open = system.settings.mode is Mode.SANDBOX
            made = system.notice_targets.set_url(target, address, in_the_open=in_the_open)
    document: NoticeTargetJson = {"target": made.name, "leads_to": made.shown}
    call.output.data(
        RecordView(fields=(("target", made.name), ("leads to", made.shown))),
        json=document,
        ids=[made.name],
    )
    call.output.hint(f"See whether it arrives: {call.typed(f'notify test {made.name}')}")
    call.warn_if_nothing_runs()


def _server(host: str, port: int | None, tls: str, user: str, *, stdin: bool) -> "MailServer":
    from omnipub.domain.conversation import Secret
    from omnipub.ports.mail import MailSecurity, MailServer

    password = Secret(_targets.secret(f"Password of {user}", from_stdin=stdin)) if user else None
    return MailServer(host=host, port=port or PORTS[tls], security=MailSecurity(tls), user=user, password=password)
