"""The figures that CloudWatch counts from omnipub's own log lines: at most ten, for each costs $0.30 a month."""

from dataclasses import dataclass

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
    events: tuple[str, ...]
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


_EVERY = ("api", "worker", "scheduler")

SIGNALS = (
    Signal(name="Ticks", functions=("scheduler",), events=("tick",)),
    Signal(name="Overdue", functions=("scheduler",), events=("tick",), amount="overdue"),
    Signal(name="Lost", functions=("scheduler",), events=("tick",), amount="lost"),
    Signal(name="Lost", functions=_EVERY, events=("stream_put_lost",), amount="records"),
    Signal(name="Lost", functions=_EVERY, events=("nudge_lost",), amount="deliveries"),
    Signal(name="Published", functions=("worker",), events=("try_ended",), only='$.status = "published"'),
    Signal(
        name="PublishedLate",
        functions=("worker",),
        events=("try_ended",),
        only=f'$.status = "published" && $.lateness_ms > {LATE_MS}',
    ),
    Signal(name="Failed", functions=("worker",), events=("try_ended",), only='$.status = "failed"'),
    Signal(name="Unconfirmed", functions=("worker",), events=("try_ended", "looked"), only='$.status = "unconfirmed"'),
    Signal(name="AccountsResting", functions=("worker",), events=("account_rests",)),
    Signal(name="GateClosed", functions=("worker", "scheduler"), events=("gate_closed",)),
    Signal(
        name="Broken",
        functions=_EVERY,
        events=(
            "api_broke",
            "worker_broke",
            "channel_broke",
            "record_failed",
            "release_failed",
            "post_has_another_owner",
        ),
    ),
)
"""Rows of one name add up to one figure."""
