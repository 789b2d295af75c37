"""The key under which a delivery's post stands in its Bluesky repository."""

import hashlib
from datetime import timedelta

from omnipub.domain.conversation import Occasion
from omnipub.domain.timestamps import EPOCH

TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"

_CLOCK_IDS = 1 << 10

_MINUTE = 60_000_000


def record_key(occasion: Occasion) -> str:
    """The delivery's record key, a TID: a moment in the minute up to its due moment, and a clock id.

    Both are drawn by the delivery's name, so deliveries of the same moment do not meet. Of ten thousand on one
    account, two would meet in one case of a thousand. Then the second is refused, and so is not out.

    A key belongs to a delivery, not to a revision of it, and not to its due moment of later. An edit is possible only
    while surely nothing is out, when the key is free. And if something came out after all, the edited put is refused
    (`InvalidSwap`, which is "already there"). A key for each revision would make a second post there.
    """
    drawn = int.from_bytes(hashlib.sha256(occasion.delivery_key.encode()).digest()[:8], "big")
    moment = occasion.due_at - timedelta(microseconds=drawn // _CLOCK_IDS % _MINUTE)
    number = (moment - EPOCH) // timedelta(microseconds=1) * _CLOCK_IDS + drawn % _CLOCK_IDS
    return "".join(TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
