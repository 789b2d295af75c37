"""Exit codes: what each means. They are a contract, as scripts branch on them.

`failures` chooses the code of an error. This module imports nothing heavy: the entry needs it before anything else.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class ExitCode(IntEnum):
    """What an exit code means."""

    OK = 0
    FAILURE = 1  # it was tried and did not come out as asked
    USAGE = 2  # what was typed cannot be accepted
    NOT_FOUND = 3
    CONFLICT = 4  # it contradicts what is there
    UNAVAILABLE = 5  # network or storage; trying again later may succeed
    CONFIGURATION = 6
    PAUSED = 7  # it was taken and waits for a person: a pause, or an account that needs its owner
    NOT_BUILT = 8  # it has a name, but nobody has built it yet
    INTERRUPTED = 130  # 128 + SIGINT
    PIPE_CLOSED = 141  # 128 + SIGPIPE: whoever read the output has enough


MEANINGS: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.OK: "It was done, or there was nothing to do.",
        ExitCode.FAILURE: "It was tried and did not come out as asked, or what was looked at is not in order.",
        ExitCode.USAGE: "What was typed cannot be accepted; nothing was done.",
        ExitCode.NOT_FOUND: "There is nothing of that name.",
        ExitCode.CONFLICT: "It contradicts what is there: a state, a name that is taken, a table that is a copy.",
        ExitCode.UNAVAILABLE: "A network, the sandbox or the storage did not answer; trying again later may succeed.",
        ExitCode.CONFIGURATION: "A setting, a data directory or a key is missing, or is not what it must be.",
        ExitCode.PAUSED: "It was accepted and is held: by a pause, or as its account needs its owner.",
        ExitCode.NOT_BUILT: "It is planned and named, but not built yet; nothing was done.",
        ExitCode.INTERRUPTED: "It was stopped with Ctrl-C or SIGTERM, or a question was not answered with yes.",
        ExitCode.PIPE_CLOSED: "Whoever read the output had enough of it.",
    }
)
"""The contract, for people."""
