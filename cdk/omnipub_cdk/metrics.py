"""The figures that CloudWatch counts from omnipub's own log lines: at most ten, for each costs $0.30 a month."""

from dataclasses import dataclass

from omnipub.log_events import LogEvent

LATE_MS = 60_000
"""A publication later than this counts as late: the tick itself comes once a minute."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A figure.

    Attributes:
        functions: Whose log lines are read.
        events: The lines that count, by their `message`.
        amount: The field whose value is added; "" adds one per line.
        only: A further condition on the line, in CloudWatch's filter syntax.
    """

    name: str
    functions: tuple[str, ...]
    events: tuple[LogEvent, ...]
    amount: str = ""
    only: str = ""

    @property
    def pattern(self) -> str:
        """CloudWatch's filter pattern for the lines that count."""
        events = " || ".join(f'$.message = "{event}"' for event in self.events)
        parts = [f"({events})", *([f"({self.only})"] if self.only else [])]
        if self.amount:
            parts.append(f"($.{self.amount} >= 0)")  # a line without the amount must not count as one
        return "{ " + " && ".join(parts) + " }"

    @property
    def value(self) -> str:
        """What a line adds."""
        return f"$.{self.amount}" if self.amount else "1"


_EVERY = ("api", "worker", "sender", "scheduler", "delay")

SIGNALS = (
    Signal(name="Ticks", functions=("scheduler",), events=(LogEvent.TICK,)),
    Signal(name="Overdue", functions=("scheduler",), events=(LogEvent.TICK,), amount="overdue"),
    Signal(name="Lost", functions=("scheduler",), events=(LogEvent.TICK,), amount="lost"),
    Signal(
        name="Lost",
        functions=_EVERY,
        events=(LogEvent.STREAM_PUT_LOST, LogEvent.HAND_OVER_FAILED),
        amount="records",
    ),
    Signal(name="Lost", functions=_EVERY, events=(LogEvent.DELAY_LOST,), amount="deliveries"),
    Signal(name="Published", functions=("sender",), events=(LogEvent.TRY_ENDED,), only='$.status = "published"'),
    Signal(
        name="PublishedLate",
        functions=("sender",),
        events=(LogEvent.TRY_ENDED,),
        only=f'$.status = "published" && $.lateness_ms > {LATE_MS}',
    ),
    Signal(name="Failed", functions=("sender",), events=(LogEvent.TRY_ENDED,), only='$.status = "failed"'),
    Signal(
        name="Unconfirmed",
        functions=("sender",),
        events=(LogEvent.TRY_ENDED, LogEvent.LOOKED),
        only='$.status = "unconfirmed"',
    ),
    Signal(name="AccountsResting", functions=("sender",), events=(LogEvent.ACCOUNT_RESTS,)),
    Signal(name="GateClosed", functions=("sender", "scheduler", "delay"), events=(LogEvent.GATE_CLOSED,)),
    Signal(
        name="Broken",
        functions=_EVERY,
        events=(
            LogEvent.API_BROKE,
            LogEvent.WORKER_BROKE,
            LogEvent.CHANNEL_BROKE,
            LogEvent.DELAY_PARKED,
            LogEvent.RECORD_FAILED,
            LogEvent.RELEASE_FAILED,
            LogEvent.POST_HAS_ANOTHER_OWNER,
        ),
    ),
)
"""Rows of one name add up to one figure."""
