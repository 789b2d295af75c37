"""Which requests of a conversation may go over a connection that the account's earlier ones have left open."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

from omnipub.domain.conversation import Request
from omnipub.storage.items import Connection

_T = TypeVar("_T")


def reusing(conversation: Generator[Any, Any, _T], connection: Connection) -> Generator[Any, Any, _T]:
    """The same conversation; its requests whose repeat is harmless may share this account's connections.

    A kept connection may have been closed while a request was under way, so that it must be sent again. Whatever
    the public could then see twice goes over a connection of its own.
    """
    whose = f"{connection.owner}/{connection.channel}/{connection.account}"
    try:
        step = next(conversation)
        while True:
            try:
                answer = yield _marked(step, whose)
            except Exception as error:  # noqa: BLE001  whatever is thrown into the conversation
                step = conversation.throw(error)
            else:
                step = conversation.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # StopIteration is not generic


def _marked(step: Any, whose: str) -> Any:
    if isinstance(step, Request) and (step.repeatable or (step.method == "GET" and not step.publishes)):
        return replace(step, kept_for=whose)
    return step
