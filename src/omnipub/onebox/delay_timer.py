"""Gives the delay queue's consumer what the queue holds, a lead before each moment: one thread, however much waits."""

from collections.abc import Callable
from datetime import datetime, timedelta

from omnipub.adapters.local.sqlite.delay import SqliteDelay
from omnipub.onebox.aws_events import LambdaContext, delayed_event
from omnipub.onebox.stream_consumer import Handler

LONGEST_SECONDS = 0.1
"""How soon what another process put is noticed, and a clock that was set."""

AGAIN_SECONDS = 1.0
"""After so long the consumer is given again what it could not put."""


class DelayTimer:
    """Asked again and again, it hands over what is due and says how long nothing will be.

    Args:
        delay: The delay queue.
        consumer: The handler of its messages.
        now: The wall clock, which may be set.
        lead: How long before its moment a pointer is handed over.
    """

    def __init__(
        self, delay: SqliteDelay, consumer: Handler, *, now: Callable[[], datetime], lead: timedelta = timedelta(0)
    ) -> None:
        self._delay = delay
        self._consumer = consumer
        self._now = now
        self._lead = lead

    def wait(self, seconds: float) -> None:
        """Wait so long, or until this process puts something."""
        self._delay.wait(seconds)

    def wake(self) -> None:
        """End a `wait`."""
        self._delay.wake()

    def hand_over(self) -> float:
        """Hand over what is due; the seconds until it should be asked again.

        Raises:
            OmnipubError: Storage, or the consumer, failed; nothing is forgotten.
        """
        messages = self._delay.until(self._now() + self._lead)
        if messages:
            event = delayed_event([one.body for one in messages])
            answer = self._consumer(event, LambdaContext(function_name="omnipub-delay"))
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            names = [record["messageId"] for record in event["Records"]]
            done = [message for name, message in zip(names, messages, strict=True) if name not in failed]
            self._delay.done(done)
            return AGAIN_SECONDS if failed else 0.0
        earliest = self._delay.next_at()
        if earliest is None:
            return LONGEST_SECONDS
        left = (earliest - self._lead - self._now()).total_seconds()
        return min(LONGEST_SECONDS, max(0.0, left))
