"""What a person may do with a delivery: one table of status and action, and the words of each refusal.

Rules of this module:
1. Whoever offers, carries out or refuses an action reads this table; no other file lists statuses for an action.
2. What is allowed has a row in the lifecycle's transitions, or changes no status: edit, a recorded cancel, a look.
3. `actions` asks for more than the status where that is needed: what may be out is not edited.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.errors import IllegalTransitionError
from omnipub.hints import Action


class Permission(StrEnum):
    """How an action is allowed."""

    YES = "yes"
    IF_NAMED = "if_named"  # only where a person names the channel or the status: it may publish twice
    RECORDED = "recorded"  # it is written down, and wins if the delivery is surely not out
    IF_IN_DOUBT = "if_in_doubt"  # only while it may be out and nobody acts on it


_YES = Permission.YES

TABLE: Mapping[Status, Mapping[Action, Permission]] = MappingProxyType(
    {
        Status.DRAFT: {Action.EDIT: _YES, Action.CANCEL: _YES},
        Status.PENDING_APPROVAL: {Action.CANCEL: _YES},
        Status.EXPIRED: {},
        Status.SCHEDULED: {Action.EDIT: _YES, Action.CANCEL: _YES},
        Status.HELD: {Action.EDIT: _YES, Action.CANCEL: _YES},
        Status.PUBLISHING: {Action.CANCEL: Permission.RECORDED, Action.RECONCILE: Permission.IF_IN_DOUBT},
        Status.PUBLISHED: {Action.UNPUBLISH: _YES},
        Status.FAILED: {Action.EDIT: _YES, Action.RETRY: _YES, Action.DISMISS: _YES},
        Status.UNCONFIRMED: {
            Action.RECONCILE: _YES,
            Action.MARK_PUBLISHED: _YES,
            Action.RETRY: Permission.IF_NAMED,
            Action.DISMISS: _YES,
        },
        Status.MISSED: {Action.EDIT: _YES, Action.RETRY: _YES, Action.DISMISS: _YES},
        Status.CANCELLED: {},
    }
)
"""Status → the actions that are allowed, the gentlest first. What is not there is refused."""

REFUSED: Mapping[Action, str] = MappingProxyType(
    {
        Action.EDIT: "it cannot be edited any more",
        Action.CANCEL: "it cannot be cancelled",
        Action.RETRY: "only what failed, was missed or is unconfirmed can be sent again",
        Action.DISMISS: "only what failed, was missed or is unconfirmed can be dismissed",
        Action.RECONCILE: "only what may be out and is not being published is looked for",
        Action.MARK_PUBLISHED: "only what is unconfirmed can be marked as published",
        Action.UNPUBLISH: "only what is published can be deleted",
    }
)
"""Action → why it is refused, as half a sentence."""


def permission(status: Status, action: Action) -> Permission | None:
    """How `action` is allowed in `status`; None if it is refused."""
    return TABLE[status].get(action)


def statuses(action: Action, *, named: bool = False) -> tuple[Status, ...]:
    """The statuses in which an action is allowed; with `named`, those too that a person must name."""
    found = ((status, permission(status, action)) for status in TABLE)
    return tuple(status for status, how in found if how is not None and (named or how is not Permission.IF_NAMED))


def refusal(delivery: Delivery, action: Action) -> str:
    """Why `action` is refused for a delivery, as a sentence."""
    return f"{delivery.channel} is {delivery.status}; {REFUSED[action]}."


def require(delivery: Delivery, action: Action) -> None:
    """Refuse an action that the status of a delivery does not allow.

    Raises:
        IllegalTransitionError: It does not; the hint names the actions that it allows, and shows the delivery.
    """
    if permission(delivery.status, action) is None:
        possible = ", ".join(one.replace("_", " ") for one in TABLE[delivery.status]) or "nothing"
        raise IllegalTransitionError(
            refusal(delivery, action), hint=[f"Possible now: {possible}.", delivery.parent.hint(Action.SHOW)]
        )
