"""Which requests may go over a kept connection: those whose repeat nobody can see."""

from collections.abc import Generator
from typing import Any

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Account, Occasion, Request, Response, Secret
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.message import Content
from omnipub.services.protocol.connection_reuse import reusing
from omnipub.storage.items import Connection, ConnectionStatus
from support.world import START

CONNECTION = Connection(
    owner="ada",
    channel="bluesky:work",
    account="did:plc:1",
    title="",
    sealed="",
    standing=ConnectionStatus.ACTIVE,
    standing_since=START,
    created_at=START,
)
WHOSE = "ada/bluesky:work/did:plc:1"


def asked(**more: Any) -> Request:
    return Request(**{"method": "POST", "url": "https://plain.example", **more})


@pytest.mark.parametrize(
    ("request_", "kept_for"),
    [
        (asked(), ""),
        (asked(publishes=True), ""),
        (asked(method="GET"), WHOSE),
        (asked(method="GET", publishes=True), ""),
        (asked(repeatable=True), WHOSE),
        (asked(repeatable=True, publishes=True), WHOSE),
    ],
)
def test_a_publish_without_a_key_never_goes_over_a_kept_connection(request_: Request, kept_for: str) -> None:
    def talk() -> Generator[Request, Response, str]:
        answer = yield request_
        return str(answer.status)

    conversation = reusing(talk(), CONNECTION)
    assert next(conversation).kept_for == kept_for
    with pytest.raises(StopIteration) as end:
        conversation.send(Response(status=200))
    assert end.value.value == "200"


def test_an_error_that_is_thrown_in_reaches_the_conversation_and_other_steps_pass_as_they_are() -> None:
    def talk() -> Generator[Any, Any, str]:
        try:
            yield "a step that is no request"
        except LookupError:
            yield asked(method="GET")
        return "done"

    conversation = reusing(talk(), CONNECTION)
    assert next(conversation) == "a step that is no request"
    assert conversation.throw(LookupError()).kept_for == WHOSE
    with pytest.raises(StopIteration) as end:
        conversation.send(None)
    assert end.value.value == "done"


ACCOUNTS = {
    "bluesky": ("did:plc:z72i7hdynmk6r22z27h6tvur", "abcd-efgh-ijkl-mnop"),
    "facebook": ("100000000000001", "token"),
    "linkedin": ("urn:li:organization:1001", "token"),
    "telegram": ("@channel", "1234567890:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "webhook": ("1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
}


def publishing(name: str) -> Request:
    """The first request of a channel that the public may see."""
    channel = CHANNELS[name]
    id_, token = ACCOUNTS[name]
    frozen = channel.render(Content(text="Hello"), Occasion(delivery_key="MSG#1/CHANNEL#x", due_at=START))
    account = Account(id=id_, base_url=channel.base_url or "https://plain.example/x", token=Secret(token))
    conversation = channel.publish(frozen, account, lambda: START)
    request = next(conversation)
    while not request.publishes:
        request = conversation.send(Response(status=200, body={"accessJwt": "abc.def.ghi", "did": id_}))
    return request


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_a_publish_is_repeatable_exactly_where_it_carries_a_key_of_ours(name: str) -> None:
    is_keyed = CHANNELS[name].remedy(ACCOUNTS[name][0]) is ReconcileMethod.RESEND
    assert publishing(name).repeatable is is_keyed
