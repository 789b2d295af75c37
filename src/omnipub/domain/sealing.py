"""The purpose of a sealed secret: a secret that was moved to another purpose does not open."""

import json

Purpose = tuple[str, ...]
"""The owner, the network, the account and what the secret is, from the widest on."""

TOKEN = "token"  # noqa: S105 - a word, not one
RENEWAL = "renewal"
ADDRESS = "address"
"""What secrets there are of an account: its token, what a renewal of it takes, and a secret address."""


def encoded(purpose: Purpose) -> str:
    """A purpose as one text; no two have the same, whatever stands in their parts."""
    return json.dumps(purpose, separators=(",", ":"))


def encoded_before(purpose: Purpose) -> str:
    """A purpose as meaning 1 of the items wrote it.

    What is sealed so is opened so; nothing new is sealed so.
    """
    return "/".join(purpose[:-1] if purpose[-1] == TOKEN else purpose)
