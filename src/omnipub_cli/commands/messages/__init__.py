"""`omnipub messages`: compose messages, see what became of them, and step in; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "create": "Compose a message and publish it on every channel, now or when it is due.",
    "validate": "Check a message against every channel's limits as create would, and store nothing; "
    "exit 1 if one is broken.",
    "preview": "Show what each channel would be sent, with its counts against the limits; nothing is stored or sent.",
    "import": "Compose a message from each row of a file, all or none; a repeat creates none twice.",
    "export": "Write messages to a file that import reads: what was asked for, not what became of it, and no secrets.",
    "list": "List messages, newest first, with their state.",
    "show": "Show a message and, for every channel, what happened and what follows.",
    "stuck": "List what needs somebody, worst first: why it is stuck, and the command to type next.",
    "watch": "Follow a message or certification until every channel has an end; exit 1 if one is not published.",
    "edit": "Change the named parts or the due moment of what is not out, on all channels or none.",
    "cancel": "Cancel what is not out yet, on all channels or those named; for several, ask once.",
    "retry": "Send again what failed or was missed; what is unconfirmed only where it is named, as it may double.",
    "reconcile": "Look on the network, now, for what may be out, and take over what is found; nothing is sent.",
    "dismiss": "Put away what failed, was missed or is unconfirmed, on all channels or those named.",
    "mark-published": "Say that an unconfirmed delivery was found on its network.",
    "unpublish": "Delete what is published at its networks, on all channels or those named; repeating it is safe.",
}
"""Verb → its summary, in the order of the help. `messages/<verb>.py` answers it: a new verb is that file and a
line."""


class Verbs(LazyGroup):
    """The verbs of messages."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="Compose messages, see what became of them, and step in.",
    epilog=examples('omnipub messages create "Our new office is open" --to facebook,linkedin'),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
