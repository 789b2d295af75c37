"""The networks that this release knows.

A stored item may name a network of an earlier or a later release.
"""

from collections.abc import Mapping

from omnipub.domain.conversation import Channel
from omnipub.domain.ids import network_of
from omnipub.errors import ConflictError

UNKNOWN_NETWORK = "unknown_network"
"""The code of a deletion that could not be asked for, as this release does not know the network."""


def channel_of(channels: Mapping[str, Channel], name: str) -> Channel:
    """The network of a channel that is stored.

    Raises:
        ConflictError: This release does not know it.
    """
    known = channels.get(network_of(name))
    if known is None:
        raise ConflictError(unknown(name), hint=f"Known networks: {', '.join(sorted(channels))}.")
    return known


def unknown(name: str) -> str:
    """That the network of a channel is not known, in a sentence."""
    return f"This release does not know the network '{network_of(name)}'; nothing can be sent or asked there."
