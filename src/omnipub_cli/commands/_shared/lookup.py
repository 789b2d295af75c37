"""What an id names: a message or, failing that, a certification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.errors import NotFoundError
from omnipub.hints import Action, Hint, SubjectGroup

if TYPE_CHECKING:
    from omnipub.services.messages.read import Shown
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call


def named(call: Call, system: System, text: str) -> Shown:
    """The message or certification of that id.

    Raises:
        InvalidInputError: It is not an id.
        NotFoundError: There is neither.
    """
    from omnipub.domain.ids import Parent, ParentKind, checked_id

    name = checked_id(text)
    for kind in ParentKind:
        try:
            return system.showing.one(Parent(kind=kind, id=name), call.viewer())
        except NotFoundError:
            continue
    raise NotFoundError(
        f"There is no message or certification {name}.",
        hint=[
            Hint(action=Action.LIST, when="See the messages"),
            Hint(action=Action.LIST, when="See the certifications", group=SubjectGroup.CERTIFICATION),
        ],
    )
