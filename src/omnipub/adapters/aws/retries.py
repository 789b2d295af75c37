"""How often and how long a call is tried again that was taken only in part, or not at all."""

import random
import time
from collections.abc import Callable, Iterator

FIRST_SECONDS = 0.02
LONGEST_SECONDS = 1.0
TRIES = 8

Pause = Callable[[float], None]


def tries(pause: Pause = time.sleep) -> Iterator[int]:
    """TRIES tries with pauses between them that grow and differ, so that those in conflict do not meet again."""
    for number in range(TRIES):
        if number:
            longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (number - 1))
            pause(random.uniform(longest / 4, longest))  # noqa: S311  not a secret
        yield number
