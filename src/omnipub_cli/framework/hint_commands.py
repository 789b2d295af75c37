"""Hints as the command line words them: one table from action to a lead and a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING

from omnipub.hints import Action, Hint, SubjectGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GROUPS: Mapping[SubjectGroup, str] = MappingProxyType(
    {SubjectGroup.MESSAGE: "messages", SubjectGroup.CERTIFICATION: "certs"}
)
"""The command group that shows what an id stands for."""


@dataclass(frozen=True)
class HintCommands:
    """How an action is worded.

    Attributes:
        lead: The beginning of the sentence, where the hint gives none.
        command: Its words. `{channel}` is that field of the hint, or `CHANNEL` where it is empty. Words in a tuple are
            left out then. `{group}` is the command group of the hint's id. Other capitals are for the person.
        ours: Whether it is a command of omnipub.
    """

    lead: str
    command: tuple[str | tuple[str, ...], ...]
    ours: bool = True


_ON_CHANNEL = ("--channel", "{channel}")
_OWNER = ("--owner", "{owner}")

WORDS: Mapping[Action, HintCommands] = MappingProxyType(
    {
        Action.SHOW: HintCommands("See where it is", ("{group}", "show", "{id}")),
        Action.LIST: HintCommands("See what there is", ("{group}", "list")),
        Action.LIST_HELD: HintCommands("See which", ("messages", "list", "--status", "held")),
        Action.LIST_STUCK: HintCommands("See which", ("messages", "stuck")),
        Action.EDIT: HintCommands("Change it", ("messages", "edit", "{id}", "--text", "TEXT")),
        Action.MOVE: HintCommands("Move it", ("messages", "edit", "{id}", "--at", "TIME")),
        Action.CANCEL: HintCommands("Call it off", ("messages", "cancel", "{id}", _ON_CHANNEL)),
        Action.RETRY: HintCommands("Send it again", ("messages", "retry", "{id}", _ON_CHANNEL)),
        Action.DISMISS: HintCommands("Put it away", ("messages", "dismiss", "{id}", _ON_CHANNEL, "--reason", "TEXT")),
        Action.RECONCILE: HintCommands("Look for it now", ("messages", "reconcile", "{id}", _ON_CHANNEL)),
        Action.MARK_PUBLISHED: HintCommands(
            "If it is out", ("messages", "mark-published", "{id}", "--channel", "{channel}", "--network-id", "ID")
        ),
        Action.UNPUBLISH: HintCommands("Delete it there", ("messages", "unpublish", "{id}", _ON_CHANNEL)),
        Action.RUN_NOW: HintCommands("Dispatch it now", ("schedule", "run-now", ("{id}",))),
        Action.LIST_LIMITS: HintCommands("See what each network accepts", ("channels", "limits")),
        Action.LIST_TYPES: HintCommands("See all of them", ("certs", "types")),
        Action.CONNECT: HintCommands(
            "Connect it",
            (
                *("connections", "connect", "{channel}", "--account", "{account}"),
                *(("--title", "{title}"), ("--url", "{url}"), _OWNER),
            ),
        ),
        Action.SHOW_ACCOUNT: HintCommands("Look at it", ("connections", "show", "{channel}", _OWNER)),
        Action.LIST_ACCOUNTS: HintCommands("See what is connected", ("connections", "list", _OWNER)),
        Action.TEST_ACCOUNT: HintCommands("Ask its network", ("connections", "test", "{channel}", _OWNER)),
        Action.REFRESH: HintCommands("Renew its token", ("connections", "refresh", "{channel}", _OWNER)),
        Action.TRY_ACCOUNT: HintCommands("Try it", ("messages", "create", "A test", "--to", "{channel}", "--wait")),
        Action.RESUME: HintCommands("Let it go on", ("resume", "{scope}")),
        Action.LIST_PAUSES: HintCommands("See what is paused", ("pause",)),
        Action.START: HintCommands("Start it in another terminal", ("up",)),
        Action.ADOPT: HintCommands("If the original is retired for good", ("table", "adopt")),
        Action.ADOPT_SAME: HintCommands("If only the evidence was lost", ("table", "adopt", "--same")),
        Action.SEED: HintCommands("Invent something", ("table", "seed", ("--data", "{data}"))),
        Action.UNSEED: HintCommands("Remove that first", ("table", "unseed")),
        Action.VERIFY_TABLE: HintCommands("See what is wrong", ("table", "verify")),
        Action.EXPORT_TABLE: HintCommands("Make one with", ("table", "export", "FILE.jsonl")),
        Action.BACKUP: HintCommands("Make one with", ("table", "backup", "FILE")),
        Action.RESTORE: HintCommands("Put your backup back", ("table", "restore", "FILE", ("--data", "{data}"))),
        Action.TAIL_STREAM: HintCommands("See them", ("stream", "tail")),
        Action.STREAM_STATS: HintCommands("See how the stream is", ("stream", "stats")),
        Action.LIST_PARKED: HintCommands("See which are", ("stream", "replay", "--parked", "--dry-run")),
        Action.REPLAY_PARKED: HintCommands("Give them to the worker again", ("stream", "replay", "--parked")),
        Action.SHOW_SPACE: HintCommands("See what is left", ("df", "-h", "{data}"), ours=False),
        Action.SHOW_RIGHTS: HintCommands("See whose it is", ("ls", "-ld", "{data}", ("{file}",)), ours=False),
        Action.SHOW_USERS_OF_FILE: HintCommands("See which one", ("fuser", "-v", "{file}"), ours=False),
        Action.MOVE_AWAY: HintCommands(
            "Move it away", ("mkdir", "-p", "{data}/damaged", "&&", "mv", "{file}*", "{data}/damaged/"), ours=False
        ),
        Action.SET_TARGET: HintCommands("Say who is told", ("notify", "set", "{scope}")),
        Action.LIST_TARGETS: HintCommands("See which are", ("notify", "list")),
        Action.TEST_TARGETS: HintCommands("Try it", ("notify", "test", ("{scope}",))),
        Action.SCHEDULER_LOG: HintCommands("See what it logged", ("logs", "tail", "scheduler", "--since", "15m")),
        Action.DEPLOY: HintCommands("Bring the stage up to date", ("deploy", "--infra", "serverless")),
    }
)
"""What is typed for each action."""

_PLACEHOLDERS = {"account": "ID"}
"""Field → what stands for it where it is not known, if that is not the field's name in capitals."""


def command(hint: Hint) -> str:
    """The hint's command as a shell reads it, without the name of the program."""
    values = {field.name: str(getattr(hint, field.name)) for field in fields(hint)} | {"group": GROUPS[hint.group]}
    known = {name: shlex.quote(value) for name, value in values.items() if value}
    shown = {name: known.get(name) or _PLACEHOLDERS.get(name, name.upper()) for name in values}
    words: list[str] = []
    for piece in WORDS[hint.action].command:
        if isinstance(piece, str):
            words.append(
                piece.format(**shown) if "{" in piece else piece if piece in _OPERATORS else shlex.quote(piece)
            )
        elif not any(_name(one) in values and _name(one) not in known for one in piece):
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
