"""The events of the log: the one list that the journal, the figures of CloudWatch and the alarms read."""

from enum import StrEnum


class LogEvent(StrEnum):
    """The `message` of a log line."""

    ACCOUNT_NOT_MARKED = "account_not_marked"  # what a try taught about its account could not be written
    ACCOUNT_RESTS = "account_rests"  # a circuit breaker lets an account rest
    ADDRESS_KEY_LOST = "address_key_lost"  # the key of secret addresses does not open any more
    ANSWER_NOT_STORED = "answer_not_stored"  # a network's answer is known, and storage does not take it
    API_BROKE = "api_broke"  # a request met a mistake of ours
    CHANNEL_BROKE = "channel_broke"  # a channel met a mistake of ours
    DELAY_LOST = "delay_lost"  # pointers were not put on the delay queue; the ticks find them
    DELAY_PARKED = "delay_parked"  # a message of the delay queue was given up on
    DELAY_REFUSED = "delay_refused"  # the delay queue did not take a pointer back
    FOREIGN_RECORD = "foreign_record"  # a record is none of ours
    GATE_CLOSED = "gate_closed"  # nothing is sent from this table until it is adopted
    GATE_NOT_SETTLED = "gate_not_settled"  # the gate could not be written at the first start
    HAND_OVER_FAILED = "hand_over_failed"  # records were not handed to the sender; they come again
    LATE_ANSWER = "late_answer"  # an answer came after its delivery had gone on
    LOOKED = "looked"  # an account was looked at for what may be out
    MISSED_WHILE_HELD = "missed_while_held"  # deliveries ended with their window, as their account held them
    NOTICE_FAILED = "notice_failed"  # somebody was not told of what needs a person; it is tried again
    NOTICE_TAKEN = "notice_taken"  # somebody was told
    PAUSED = "paused"
    POST_DISOWNED = "post_disowned"  # a delivery gives up a post that is another's
    POST_HAS_ANOTHER_OWNER = "post_has_another_owner"  # two deliveries name one post
    RECORD_DONE = "record_done"  # a record of the stream was worked on
    RECORD_FAILED = "record_failed"  # a record of the stream comes again
    RELEASE_FAILED = "release_failed"  # a release goes on with the next tick
    RELEASED = "released"  # what was held was let go
    RENEWAL_DISCARDED = "renewal_discarded"  # an account was connected again while its token was refreshed
    RENEWAL_FAILED = "renewal_failed"  # a token could not be refreshed
    RESUMED = "resumed"
    RUN_NOW = "run_now"  # an operator dispatched what is due
    SEARCHED = "searched"  # an operator looked for what may be out
    STREAM_FAILED = "stream_failed"  # the stream did not answer
    STREAM_PUT_LOST = "stream_put_lost"  # pointers were not put on the stream; the ticks find them
    STREAM_REFUSED = "stream_refused"  # the stream refused records
    TICK = "tick"  # the scheduler's run of a minute
    TOKEN_RENEWED = "token_renewed"  # noqa: S105  an event's name
    TRY_ENDED = "try_ended"  # a try has its outcome
    WAKE_FAILED = "wake_failed"  # a message of the delay queue comes again
    WORKER_BROKE = "worker_broke"  # a record met a mistake of ours


COUNTED = frozenset(
    {
        LogEvent.ACCOUNT_RESTS,
        LogEvent.API_BROKE,
        LogEvent.CHANNEL_BROKE,
        LogEvent.DELAY_LOST,
        LogEvent.DELAY_PARKED,
        LogEvent.GATE_CLOSED,
        LogEvent.HAND_OVER_FAILED,
        LogEvent.LOOKED,
        LogEvent.POST_HAS_ANOTHER_OWNER,
        LogEvent.RECORD_FAILED,
        LogEvent.RELEASE_FAILED,
        LogEvent.STREAM_PUT_LOST,
        LogEvent.TICK,
        LogEvent.TRY_ENDED,
        LogEvent.WORKER_BROKE,
    }
)
"""Events that figures of CloudWatch are counted from. On AWS their lines are written at every level of the log."""
