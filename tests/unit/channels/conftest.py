from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from omnipub.domain.conversation import Occasion, Request, Response
from omnipub.domain.message import MediaReference

Converse = Callable[..., tuple[list[Request], Any]]


@pytest.fixture
def converse() -> Converse:
    """Drive a conversation with scripted answers: the requests it made and what it returned."""

    def drive(conversation: Generator[Request, Response, Any], *answers: Response) -> tuple[list[Request], Any]:
        requests = []
        script = iter(answers)
        answer = None
        try:
            while True:
                requests.append(next(conversation) if answer is None else conversation.send(answer))
                answer = next(script, None)
                assert answer is not None, f"no answer is scripted for {requests[-1]}"
        except StopIteration as end:
            assert next(script, None) is None, "not every scripted answer was wanted"
            return requests, end.value

    return drive


@pytest.fixture
def occasion() -> Occasion:
    return Occasion(
        delivery_key="MSG#01KAQ8GQ00000000000000000A/CHANNEL#webhook",
        due_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    )


@pytest.fixture
def pictures() -> tuple[MediaReference, ...]:
    """Three images, the last without a description."""
    return (
        MediaReference(key="aa" * 32, content_type="image/png", size=1_000, alt="A rack of servers"),
        MediaReference(key="bb" * 32, content_type="image/jpeg", size=2_000, alt='Ada, waving "hello"'),
        MediaReference(key="cc" * 32, content_type="image/png", size=3_000),
    )
