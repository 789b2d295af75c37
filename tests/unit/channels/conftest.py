from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from omnipub.domain.conversation import Occasion, Published, Request, Response
from omnipub.domain.message import MediaReference

Converse = Callable[..., tuple[list[Request], Any]]


@pytest.fixture
def converse() -> Converse:
    """Drive a conversation with scripted answers: the requests it made and what it returned."""

    def drive(
        conversation: Generator[Request | Published, Response, Any], *answers: Response
    ) -> tuple[list[Request], Any]:
        requests: list[Request] = []
        script = iter(answers)
        answer, known = None, ""
        try:
            while True:
                said = next(conversation) if answer is None else conversation.send(answer)
                if isinstance(said, Published):
                    known, answer = said.network_id, None
                    continue
                requests.append(said)
                answer = next(script, None)
                assert answer is not None, f"no answer is scripted for {requests[-1]}"
        except StopIteration as end:
            assert next(script, None) is None, "not every scripted answer was wanted"
            ended = end.value
        assert not known or known == ended.network_id
        return requests, ended

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
