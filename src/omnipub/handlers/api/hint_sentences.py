"""Hints in the API's words: one table from action to a sentence and the routes that help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from omnipub.hints import Action, Hint, SubjectGroup
from omnipub.names import API_ROOT

GROUPS: Mapping[SubjectGroup, str] = MappingProxyType(
    {SubjectGroup.MESSAGE: "messages", SubjectGroup.CERTIFICATION: "certifications"}
)
"""The collection that holds what an id stands for."""


@dataclass(frozen=True)
class Link:
    """A route; `{collection}` and `{id}` are those of the hint.

    A link whose id is not known is left out.
    """

    rel: str
    path: str
    method: str = "GET"


@dataclass(frozen=True)
class HintSentences:
    """How an action is worded: `sentence` ends without a full stop, as it may follow the hint's own condition."""

    sentence: str
    links: tuple[Link, ...] = ()


_ITEM = Link("item", "/{collection}/{id}")
_COLLECTION = Link("collection", "/{collection}")
_HELD = Link("held", "/messages?status=held")
_CHANNELS = Link("channels", "/channels")
_TYPES = Link("types", "/certifications/types")
_HEALTH = Link("health", "/health")

_TO_AN_OPERATOR = "an operator can"

WORDS: Mapping[Action, HintSentences] = MappingProxyType(
    {
        Action.SHOW: HintSentences("look at it to see where it is", (_ITEM,)),
        Action.LIST: HintSentences("the list shows what there is", (_COLLECTION,)),
        Action.LIST_HELD: HintSentences("the list shows what is held", (_HELD,)),
        Action.LIST_STUCK: HintSentences("the list shows what needs somebody", (_COLLECTION,)),
        Action.EDIT: HintSentences("its text can be changed", (_ITEM,)),
        Action.MOVE: HintSentences("its time can be changed", (_ITEM,)),
        Action.CANCEL: HintSentences("it can be called off", (_ITEM,)),
        Action.RETRY: HintSentences("it can be sent again", (_ITEM,)),
        Action.DISMISS: HintSentences("it can be put away, with a reason", (_ITEM,)),
        Action.RECONCILE: HintSentences("omnipub can look for the post now", (_ITEM,)),
        Action.MARK_PUBLISHED: HintSentences(
            "it can be marked as published, with the network's id of the post", (_ITEM,)
        ),
        Action.UNPUBLISH: HintSentences("the post can be deleted there", (_ITEM,)),
        Action.RUN_NOW: HintSentences(f"{_TO_AN_OPERATOR} dispatch what is due", (_HEALTH,)),
        Action.LIST_LIMITS: HintSentences("the list of channels says what each network accepts", (_CHANNELS,)),
        Action.LIST_TYPES: HintSentences("the list of types names all of them", (_TYPES,)),
        Action.CONNECT: HintSentences("the account can be connected", (_CHANNELS,)),
        Action.SHOW_ACCOUNT: HintSentences("look at the account", (_CHANNELS,)),
        Action.LIST_ACCOUNTS: HintSentences("look at what is connected", (_CHANNELS,)),
        Action.TEST_ACCOUNT: HintSentences("the account can be tested, or connected again", (_CHANNELS,)),
        Action.REFRESH: HintSentences("the account's token can be renewed", (_CHANNELS,)),
        Action.TRY_ACCOUNT: HintSentences(
            "a message shows whether the account works", (Link("create", "/messages", "POST"),)
        ),
        Action.RESUME: HintSentences(f"{_TO_AN_OPERATOR} end the pause"),
        Action.LIST_PAUSES: HintSentences(f"{_TO_AN_OPERATOR} see what is paused"),
        Action.START: HintSentences(f"{_TO_AN_OPERATOR} start it", (_HEALTH,)),
        Action.ADOPT: HintSentences(f"{_TO_AN_OPERATOR} adopt the table, if its original is retired for good"),
        Action.ADOPT_SAME: HintSentences(f"{_TO_AN_OPERATOR} adopt the table as the very same one"),
        Action.SEED: HintSentences(f"{_TO_AN_OPERATOR} invent messages in a sandbox"),
        Action.UNSEED: HintSentences(f"{_TO_AN_OPERATOR} remove what was invented"),
        Action.VERIFY_TABLE: HintSentences(f"{_TO_AN_OPERATOR} check the table"),
        Action.EXPORT_TABLE: HintSentences(f"{_TO_AN_OPERATOR} export the table"),
        Action.BACKUP: HintSentences(f"{_TO_AN_OPERATOR} make a backup"),
        Action.RESTORE: HintSentences(f"{_TO_AN_OPERATOR} put a backup back"),
        Action.TAIL_STREAM: HintSentences(f"{_TO_AN_OPERATOR} see the stream's records"),
        Action.STREAM_STATS: HintSentences(f"{_TO_AN_OPERATOR} see how the stream is"),
        Action.LIST_PARKED: HintSentences(f"{_TO_AN_OPERATOR} see which records are parked"),
        Action.REPLAY_PARKED: HintSentences(f"{_TO_AN_OPERATOR} replay the parked records"),
        Action.SHOW_SPACE: HintSentences(f"{_TO_AN_OPERATOR} make room on the disk"),
        Action.SHOW_RIGHTS: HintSentences(f"{_TO_AN_OPERATOR} see who may use the files"),
        Action.SHOW_USERS_OF_FILE: HintSentences(f"{_TO_AN_OPERATOR} see which process uses the file"),
        Action.MOVE_AWAY: HintSentences(f"{_TO_AN_OPERATOR} move the damaged file away"),
        Action.SET_TARGET: HintSentences(f"{_TO_AN_OPERATOR} say who is told"),
        Action.LIST_TARGETS: HintSentences(f"{_TO_AN_OPERATOR} see who is told"),
        Action.TEST_TARGETS: HintSentences(f"{_TO_AN_OPERATOR} try whether notices arrive"),
        Action.SCHEDULER_LOG: HintSentences(f"{_TO_AN_OPERATOR} read the scheduler's log"),
        Action.DEPLOY: HintSentences(f"{_TO_AN_OPERATOR} bring the stage up to date"),
    }
)
"""What is said for each action. Where no route does it yet, the link leads to what it is about."""


def sentence(hint: Hint) -> str:
    """The hint as a sentence; nothing in it is a command."""
    words = WORDS[hint.action].sentence
    whole = f"{hint.when}, {words}" if hint.when.startswith("If ") else words
    return f"{whole[0].upper()}{whole[1:]}."


def links(hint: Hint) -> list[dict[str, str]]:
    """Routes that help with the hint: where they lead from, the address, and the method."""
    return [
        {
            "rel": one.rel,
            "href": API_ROOT + one.path.format(collection=GROUPS[hint.group], id=hint.id),
            "method": one.method,
        }
        for one in WORDS[hint.action].links
        if hint.id or "{id}" not in one.path
    ]


def worded(hints: Iterable[str | Hint]) -> str:
    """Plain sentences and hints for a browser."""
    return " ".join(one if isinstance(one, str) else sentence(one) for one in hints)


def links_of(hints: Iterable[str | Hint]) -> list[dict[str, str]]:
    """The routes of several hints, each once."""
    found = [link for one in hints if isinstance(one, Hint) for link in links(one)]
    return [link for number, link in enumerate(found) if link not in found[:number]]


def steps(hints: Iterable[Hint]) -> list[dict[str, Any]]:
    """What may be done next, for a message's JSON."""
    return [{"action": one.action.value, "sentence": sentence(one), "links": links(one)} for one in hints]
