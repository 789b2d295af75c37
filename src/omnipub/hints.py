"""Hints as values: what a person may do next, and what it is about.

Code below the command line does not know how a person gives orders. The command line words a hint as a command
(`omnipub_cli.framework.hint_commands`), the API as a sentence with links (`handlers.api.hint_sentences`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a person can do; each edge has words for every one."""

    # Messages, certifications and their deliveries.
    SHOW = "show"
    LIST = "list"
    LIST_HELD = "list_held"
    LIST_STUCK = "list_stuck"
    EDIT = "edit"
    MOVE = "move"
    CANCEL = "cancel"
    RETRY = "retry"
    DISMISS = "dismiss"
    RECONCILE = "reconcile"
    MARK_PUBLISHED = "mark_published"
    UNPUBLISH = "unpublish"
    RUN_NOW = "run_now"
    # Networks, accounts and pauses.
    LIST_LIMITS = "list_limits"
    LIST_TYPES = "list_types"
    CONNECT = "connect"
    SHOW_ACCOUNT = "show_account"
    LIST_ACCOUNTS = "list_accounts"
    TEST_ACCOUNT = "test_account"
    REFRESH = "refresh"
    TRY_ACCOUNT = "try_account"
    RESUME = "resume"
    LIST_PAUSES = "list_pauses"
    # The system and its table.
    START = "start"
    ADOPT = "adopt"
    ADOPT_SAME = "adopt_same"
    SEED = "seed"
    UNSEED = "unseed"
    VERIFY_TABLE = "verify_table"
    EXPORT_TABLE = "export_table"
    BACKUP = "backup"
    RESTORE = "restore"
    TAIL_STREAM = "tail_stream"
    STREAM_STATS = "stream_stats"
    LIST_PARKED = "list_parked"
    REPLAY_PARKED = "replay_parked"
    SHOW_SPACE = "show_space"
    SHOW_RIGHTS = "show_rights"
    SHOW_USERS_OF_FILE = "show_users_of_file"
    MOVE_AWAY = "move_away"
    SET_TARGET = "set_target"
    LIST_TARGETS = "list_targets"
    TEST_TARGETS = "test_targets"
    SCHEDULER_LOG = "scheduler_log"
    DEPLOY = "deploy"


class SubjectGroup(StrEnum):
    """What an id stands for."""

    MESSAGE = "message"
    CERTIFICATION = "certification"


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One action and its subject; an empty field is not part of the subject.

    Attributes:
        action: What to do.
        when: The case in which it helps, as the beginning of a sentence: `If it is out`.
        group: What `id` stands for.
        id: Of a message or certification.
        channel: A network, or `network:alias`.
        account: The network's id of an account.
        title: The account's title, which connecting it again keeps.
        url: The address of the account's server, which connecting it again keeps.
        owner: Whose account it is.
        scope: What a pause holds; the name of a target of notices.
        data: The data directory, or the folder of `file`.
        file: A file of this machine.
        live: Whether the data directory publishes for real.
    """

    action: Action
    when: str = ""
    group: SubjectGroup = SubjectGroup.MESSAGE
    id: str = ""
    channel: str = ""
    account: str = ""
    title: str = ""
    url: str = ""
    owner: str = ""
    scope: str = ""
    data: str = ""
    file: str = ""
    live: bool = False


Advice = str | Hint | Sequence[str | Hint]
"""A plain sentence that names no command, a hint, or several of both in their order."""


def parts(advice: Advice) -> tuple[str | Hint, ...]:
    """The sentences and hints of an advice; none of an empty one."""
    if isinstance(advice, Hint):
        return (advice,)
    return tuple(one for one in ((advice,) if isinstance(advice, str) else advice) if one)


def plain(advice: Advice) -> str:
    """The sentences of an advice, without its hints."""
    return " ".join(one for one in parts(advice) if isinstance(one, str))
