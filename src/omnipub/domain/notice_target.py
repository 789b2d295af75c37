"""Where notices go: kinds of targets, their names, and what people may see of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omnipub.errors import InvalidInputError


class TargetKind(StrEnum):
    """How a target is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    SLACK = "slack"


_NAME = re.compile(rf"({'|'.join(TargetKind)})(:[a-z0-9][a-z0-9-]{{0,31}})?")


@dataclass(frozen=True, kw_only=True)
class NoticeTarget:
    """One target of this table's notices.

    Attributes:
        name: `mail`, or `mail:ops` for another one of its kind.
        shown: What people may see of where it leads.
        sealed: Its settings, addresses included, sealed by the vault; "" where an import brought it without.
        set_at: When it was set.
        version: Of the item.
    """

    name: str
    shown: str
    set_at: datetime
    sealed: str = ""
    version: int = 0
    write_id: str = ""

    @property
    def kind(self) -> TargetKind:
        """How it is told."""
        return kind_of(self.name)


def checked_target(text: str) -> str:
    """`text` as the name of a target.

    Raises:
        InvalidInputError: It is none; says what would have been allowed.
    """
    if not _NAME.fullmatch(text):
        raise InvalidInputError(
            "This is no target of notices.",
            hint=f"A target is {', '.join(TargetKind)}, or one of them with a name: mail:ops.",
        )
    return text


def kind_of(name: str) -> TargetKind:
    """The kind of a target of that name."""
    return TargetKind(name.partition(":")[0])
