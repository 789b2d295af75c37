"""What one request, message, delivery or tick takes: the table to update when the system changes.

Prices stand in `prices`, what a stage consists of stands in `inventory`. Here stands what nobody can read from a
template: write units, billed seconds, bytes. Each row says how its number is known:

- COUNTED: counted over the real code or in the repository; the source says how to count again.
- CEILING: what the design allows and the code must not exceed; not counted yet. Whoever counts it writes the number
  here and makes it COUNTED.
- ASSUMED: nobody can count it before users come; `omnipub cost --stage` replaces what CloudWatch knows of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Origin(StrEnum):
    """How a number is known."""

    COUNTED = "counted"
    CEILING = "design ceiling"
    ASSUMED = "assumed"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number.

    Attributes:
        value: In `unit`.
        source: Where it comes from, for whoever doubts it.
    """

    value: float
    unit: str
    origin: Origin
    source: str


def _counted(value: float, unit: str, source: str) -> Figure:
    return Figure(value=value, unit=unit, origin=Origin.COUNTED, source=source)


def _ceiling(value: float, unit: str, source: str) -> Figure:
    return Figure(value=value, unit=unit, origin=Origin.CEILING, source=source)


def _assumed(value: float, unit: str, source: str) -> Figure:
    return Figure(value=value, unit=unit, origin=Origin.ASSUMED, source=source)


_UNITS = "tests/integration/services/test_units.py counts it for 160 characters that are out at the first try"
_READS = "as for write units; half of the messages are scheduled"
_SIZES = "tests/unit/cli/deployment/cost/test_figures.py weighs what the services store"

_TABLE: dict[str, Figure] = {
    # Units of the table. A transaction counts twice, an index once more.
    "writes.message": _counted(4, "write units a message", _UNITS),
    "writes.keyed": _counted(12, "write units a delivery, its network takes a key of ours", _UNITS),
    "writes.looked_up": _counted(18, "write units a delivery, its network's posts can be looked up", _UNITS),
    "writes.blind": _counted(12, "write units a delivery, nothing can be asked", _UNITS),
    "writes.tick": _counted(3, "write units a tick", "the cursor, and the heartbeat at its begin and end"),
    "writes.sandbox": _counted(
        6, "write units a post that a stage's own sandbox takes", "three items in a transaction"
    ),
    "reads.message": _counted(1.5, "read units a message", _READS),
    "reads.delivery": _counted(6.5, "read units a delivery", _READS),
    "reads.request": _assumed(3, "read units a request that publishes nothing", "one query and its batch-get"),
    "reads.tick": _counted(
        27, "read units a tick", "half for what is due and held, half for what a person must be told of"
    ),
    # Seconds that Lambda bills, start of the process included.
    "seconds.api": _assumed(
        0.08, "seconds a request", "most requests find a process that runs; one in a hundred starts one"
    ),
    "seconds.worker": _ceiling(0.010, "seconds a record of the stream", "it hands over and waits for no network"),
    "seconds.sender": _assumed(
        1.6, "seconds a message", "networks answer in 1.5 s; a pack's accounts are sent to side by side"
    ),
    "seconds.waiting": _ceiling(
        1.2, "seconds a message that was scheduled", "the sender waits the rest, at most the lead and a second"
    ),
    "seconds.delay": _ceiling(
        0.050, "seconds a message that was scheduled", "2.5 ticks hand it over, and each time it is put at once"
    ),
    "seconds.scheduler": _assumed(0.3, "seconds a tick", "it hands over, tells people, and waits for nothing"),
    "seconds.sandbox": _assumed(
        0.05, "seconds a request that a stage's own sandbox answers", "it reads and writes the table"
    ),
    # Messages between the parts.
    "stream.delivery": _ceiling(
        1, "records of the stream a delivery", "one pointer each; what is tried again adds few"
    ),
    "queue.delivery": _ceiling(
        2.5, "requests a scheduled delivery", "send, receive and delete by each of 2.5 ticks; three channels share them"
    ),
    "queue.idle": _assumed(
        660_000, "requests a month of a queue whose trigger finds nothing", "five pollers that ask every 20 s"
    ),
    "kms.delivery": _assumed(0.2, "calls a delivery", "an opened token is remembered for five minutes"),
    "kms.encryption": _assumed(
        70_000,
        "calls a month",
        "DynamoDB and Kinesis ask for AWS's own key every five minutes for each of four callers",
    ),
    "secrets.calls": _assumed(
        9_000, "calls a month", "each process of the API asks for the origin secret now and then"
    ),
    # Bytes.
    "kb.message": _counted(0.85, "KB stored a message", _SIZES),
    "kb.delivery": _counted(0.95, "KB stored a delivery", _SIZES),
    "kb.indexes": _counted(0.6, "KB in the indexes a delivery", _SIZES),
    "kb.expiring": _counted(0.19, "KB a delivery that are not needed for ever: owners of posts, and tries", _SIZES),
    "kb.request": _assumed(1.2, "KB of log lines a request", "its access line and the function's own"),
    "kb.sent": _assumed(2.0, "KB of log lines a delivery", "claim, try and end"),
    "kb.tick": _assumed(0.6, "KB of log lines a tick", "its line and Lambda's report"),
    "kb.compressed": _assumed(0.15, "KB kept of a KB of log lines", "CloudWatch keeps them compressed"),
    "kb.answer": _assumed(3, "KB of an API's answer", "a page of a list"),
    "kb.post": _assumed(6, "KB out a delivery, but for its image", "the request, its headers and TLS"),
    "kb.page": _assumed(1.5, "KB of a page without what is cached", "index.html"),
    "kb.assets": _assumed(28.5, "KB of a page's scripts and styles", "compressed"),
    "pages.request": _assumed(0.5, "pages a request", "a view makes two requests of the API"),
    "objects.tick": _assumed(
        3, "reads a tick of the object with the epoch", "each process that runs reads it once a minute"
    ),
    # The account.
    "users": _assumed(100, "people who sign in within a month", "an office that publishes"),
    "alarm.mails": _assumed(50, "mails a month", "an alarm a day, and its end"),
    "account.calls": _assumed(
        60_000, "calls a month of AWS's APIs that change or list things", "one stage and its deployments"
    ),
    "request.calls": _assumed(0.02, "such calls a request", "new log streams, connections and the like"),
    "kb.network": _assumed(0.15, "KB of network logs a connection", "one line each way"),
    # Containers, as they are designed; no template has any.
    "tasks.threads": _ceiling(16, "deliveries that a task of the worker sends at once", "its bounded pool"),
    "tasks.peak": _assumed(10, "times the average, in the busiest minutes", "most posts are due at full hours"),
    "tasks.lease": _assumed(
        1_300_000, "write units a month of the lease on the shard", "a heartbeat every two seconds"
    ),
    "tasks.image_gb": _assumed(0.3, "GB of kept images", "89 MB each, the last three"),
    "alb.units": _assumed(0.5, "capacity units in use", "far below 25 new connections a second"),
    "config.changes": _assumed(300, "changes of resources a month", "each deployment of a release changes some thirty"),
    "hub.functions": _assumed(12, "functions that are one resource unit of Security Hub", "its model of 2025"),
    "hub.roles": _assumed(125, "roles that are one resource unit of Security Hub", "its model of 2025"),
}

FIGURES: Mapping[str, Figure] = MappingProxyType(_TABLE)
"""Name → figure."""


def value(name: str) -> float:
    """A figure's number."""
    return FIGURES[name].value


def not_counted() -> tuple[str, ...]:
    """The figures that stand for what the design allows, until somebody counts them."""
    return tuple(name for name, one in FIGURES.items() if one.origin is Origin.CEILING)
