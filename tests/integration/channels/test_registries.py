"""The channels, the sandbox, its faults and the documents know the same networks."""

import re
from pathlib import Path

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.sandbox import networks
from omnipub.sandbox.fault_effects import PLAYS
from omnipub.sandbox.faults import KINDS, FaultKind, UnknownOrderError, read_order
from omnipub.sandbox.network import FaultAnswer
from omnipub.sandbox.registry import DIALECTS

PAGE = Path(__file__).parents[3] / "docs" / "deliveries.md"
ENTROPY = bytes(range(200, 232))

every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def test_every_network_has_a_sandbox_and_every_sandbox_a_network() -> None:
    assert set(DIALECTS) == set(CHANNELS)
    assert {name: dialect.network for name, dialect in DIALECTS.items()} == {name: name for name in DIALECTS}


def test_every_network_of_the_sandbox_has_its_file_and_its_line() -> None:
    files = {path.stem for path in Path(networks.__path__[0]).iterdir() if not path.name.startswith("__")}
    assert files == set(DIALECTS)


def test_every_network_is_a_row_of_the_documents() -> None:
    (block,) = re.findall(r"<!-- generated: limits -->\n(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    rows = [line.split("|")[1].strip() for line in block.splitlines()[2:]]
    assert rows == sorted(CHANNELS)


@pytest.mark.parametrize("network", DIALECTS)
def test_every_network_can_be_given_trouble(network: str) -> None:
    dialect = DIALECTS[network]
    assert set(dialect.troubles) == set(FaultAnswer)
    assert set(PLAYS) == set(KINDS)
    for kind, nature in KINDS.items():
        order = {"network": network, "kind": kind.value}
        if nature.suits(dialect):
            assert read_order(order, DIALECTS).kind is kind
        else:
            with pytest.raises(UnknownOrderError, match="makes sense on"):
                read_order(order, DIALECTS)


def test_only_three_kinds_of_trouble_do_not_suit_every_network() -> None:
    particular = {kind for kind, nature in KINDS.items() if not all(map(nature.suits, DIALECTS.values()))}
    assert particular == {FaultKind.LISTED_LATE, FaultKind.DUPLICATE_DETECTION, FaultKind.NO_ID}


@every_channel
def test_the_sandbox_takes_the_token_that_the_channel_makes_for_it(channel: Channel) -> None:
    token = channel.sandbox_account.token(ENTROPY)
    assert re.fullmatch(DIALECTS[channel.name].token, token)
    assert token != channel.sandbox_account.token(ENTROPY[::-1])
    assert not any(mark.isspace() for mark in channel.sandbox_account.id)


@every_channel
def test_the_sandbox_can_do_what_the_channel_does(channel: Channel) -> None:
    dialect = DIALECTS[channel.name]
    accounts = (channel.sandbox_account.id, *channel.account_examples.values())
    assert dialect.lists or ReconcileMethod.LOOK_UP not in map(channel.remedy, accounts)
    assert dialect.renews is hasattr(channel, "renew")


@every_channel
def test_an_account_is_at_the_networks_address_or_at_its_own(channel: Channel) -> None:
    assert channel.base_url or channel.own_address
    assert not channel.base_url or channel.own_address is None or channel.own_address.server
