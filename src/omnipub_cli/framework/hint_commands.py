"""Hints as the command line words them: one table from action to a lead and a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING

from omnipub.hints import Action, Group, Hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GROUPS: Mapping[Group, str] = MappingProxyType({Group.MESSAGE: "messages", Group.CERTIFICATION: "certs"})
"""The command group that shows what an id stands for."""


@dataclass(frozen=True)
class Words:
    """How an action is worded.

    Attributes:
        lead: The beginning of the sentence, where the hint gives none.
        command: Its words. `{channel}` is that field of the hint, or `CHANNEL` where it is empty; words in a tuple
            are left out then. `{group}` is the command group of the hint's id. Other capitals are for the person.
        ours: Whether it is a command of omnipub.
    """

    lead: str
    command: tuple[str | tuple[str, ...], ...]
    ours: bool = True


_ON_CHANNEL = ("--channel", "{channel}")
_OWNER = ("--owner", "{owner}")

WORDS: Mapping[Action, Words] = MappingProxyType(
    {
        Action.SHOW: Words("See where it is", ("{group}", "show", "{id}")),
        Action.LIST: Words("See what there is", ("{group}", "list")),
        Action.LIST_HELD: Words("See which", ("messages", "list", "--status", "held")),
        Action.LIST_STUCK: Words("See which", ("messages", "stuck")),
        Action.EDIT: Words("Change it", ("messages", "edit", "{id}", "--text", "TEXT")),
        Action.MOVE: Words("Move it", ("messages", "edit", "{id}", "--at", "TIME")),
        Action.CANCEL: Words("Call it off", ("messages", "cancel", "{id}", _ON_CHANNEL)),
        Action.RETRY: Words("Send it again", ("messages", "retry", "{id}", _ON_CHANNEL)),
        Action.DISMISS: Words("Put it away", ("messages", "dismiss", "{id}", _ON_CHANNEL, "--reason", "TEXT")),
        Action.RECONCILE: Words("Look for it now", ("messages", "reconcile", "{id}", _ON_CHANNEL)),
        Action.MARK_PUBLISHED: Words(
            "If it is out", ("messages", "mark-published", "{id}", "--channel", "{channel}", "--network-id", "ID")
        ),
        Action.UNPUBLISH: Words("Delete it there", ("messages", "unpublish", "{id}", _ON_CHANNEL)),
        Action.RUN_NOW: Words("Dispatch it now", ("schedule", "run-now", ("{id}",))),
        Action.LIST_LIMITS: Words("See what each network accepts", ("channels", "limits")),
        Action.LIST_TYPES: Words("See all of them", ("certs", "types")),
        Action.CONNECT: Words(
            "Connect it",
            (
                *("connections", "connect", "{channel}", "--account", "{account}"),
                *(("--title", "{title}"), ("--url", "{url}"), _OWNER),
            ),
        ),
        Action.SHOW_ACCOUNT: Words("Look at it", ("connections", "show", "{channel}", _OWNER)),
        Action.LIST_ACCOUNTS: Words("See what is connected", ("connections", "list", _OWNER)),
        Action.TEST_ACCOUNT: Words("Ask its network", ("connections", "test", "{channel}", _OWNER)),
        Action.REFRESH: Words("Renew its token", ("connections", "refresh", "{channel}", _OWNER)),
        Action.TRY_ACCOUNT: Words("Try it", ("messages", "create", "A test", "--to", "{channel}", "--wait")),
        Action.RESUME: Words("Let it go on", ("resume", "{scope}")),
        Action.LIST_PAUSES: Words("See what is paused", ("pause",)),
        Action.START: Words("Start it in another terminal", ("up",)),
        Action.ADOPT: Words("If the original is retired for good", ("table", "adopt")),
        Action.ADOPT_SAME: Words("If only the evidence was lost", ("table", "adopt", "--same")),
        Action.SEED: Words("Invent something", ("table", "seed", ("--data", "{data}"))),
        Action.UNSEED: Words("Remove that first", ("table", "unseed")),
        Action.VERIFY_TABLE: Words("See what is wrong", ("table", "verify")),
        Action.EXPORT_TABLE: Words("Make one with", ("table", "export", "FILE.jsonl")),
        Action.BACKUP: Words("Make one with", ("table", "backup", "FILE")),
        Action.RESTORE: Words("Put your backup back", ("table", "restore", "FILE", ("--data", "{data}"))),
        Action.TAIL_STREAM: Words("See them", ("stream", "tail")),
        Action.STREAM_STATS: Words("See how the stream is", ("stream", "stats")),
        Action.LIST_PARKED: Words("See which are", ("stream", "replay", "--parked", "--dry-run")),
        Action.REPLAY_PARKED: Words("Give them to the worker again", ("stream", "replay", "--parked")),
        Action.SHOW_SPACE: Words("See what is left", ("df", "-h", "{data}"), ours=False),
        Action.SHOW_RIGHTS: Words("See whose it is", ("ls", "-ld", "{data}", ("{file}",)), ours=False),
        Action.SHOW_USERS_OF_FILE: Words("See which one", ("fuser", "-v", "{file}"), ours=False),
        Action.MOVE_AWAY: Words(
            "Move it away", ("mkdir", "-p", "{data}/damaged", "&&", "mv", "{file}*", "{data}/damaged/"), ours=False
        ),
        Action.SCHEDULER_LOG: Words("See what it logged", ("logs", "tail", "scheduler", "--since", "15m")),
        Action.DEPLOY: Words("Bring the stage up to date", ("deploy", "--infra", "serverless")),
    }
)
"""What is typed for each action."""

_PLACEHOLDERS = {"account": "ID"}
"""Field → what stands for it where it is not known, if that is not the field's name in capitals."""


def command(hint: Hint) -> str:
    """The hint's command as a shell reads it, without the name of the program."""
    said = {field.name: str(getattr(hint, field.name)) for field in fields(hint)} | {"group": GROUPS[hint.group]}
    known = {name: shlex.quote(value) for name, value in said.items() if value}
    shown = {name: known.get(name) or _PLACEHOLDERS.get(name, name.upper()) for name in said}
    words: list[str] = []
    for piece in WORDS[hint.action].command:
        if isinstance(piece, str):
            words.append(
                piece.format(**shown) if "{" in piece else piece if piece in _OPERATORS else shlex.quote(piece)
            )
        elif not any(_name(one) in said and _name(one) not in known for one in piece):
            words += [one.format(**shown) for one in piece]
    return " ".join([*words, *(["--live"] if hint.live else [])])


def typed(hint: Hint, place: Callable[[str], str] = "omnipub {}".format) -> str:
    """The whole command line of a hint; `place` adds the data directory or stage to a command of omnipub."""
    return place(command(hint)) if WORDS[hint.action].ours else command(hint)


def worded(
    hints: Iterable[str | Hint], line_of: Callable[[Hint], str] = typed, placed: Callable[[str], str] = str
) -> str:
    """Hints for a person at a terminal; a command that comes last stands without quotes, to be copied.

    Args:
        hints: Plain sentences, and hints.
        line_of: The whole command line of a hint.
        placed: Adds the data directory or stage to the commands in a plain sentence.
    """
    of = list(hints)
    alone = sum(isinstance(one, Hint) for one in of) == 1 and isinstance(of[-1], Hint)
    words = []
    for one in of:
        if isinstance(one, str):
            words.append(placed(one))
        else:
            line = line_of(one)
            words.append(f"{one.when or WORDS[one.action].lead}: " + (line if alone else f"`{line}`."))
    return " ".join(words)


_OPERATORS = frozenset({"&&"})


def _name(piece: str) -> str:
    return piece.strip("{}")
