"""A sender that is made when something is sent: once, and never by those who send nothing."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from omnipub.adapters.http.lazy_client import LazyHttpClient
from omnipub.domain.conversation import Request, Response

REQUEST = Request(method="GET", url="http://127.0.0.1:1/")


class Sender:
    made = 0
    closed = 0

    def __init__(self) -> None:
        time.sleep(0.02)  # others come meanwhile
        type(self).made += 1

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        return Response(status=200, headers={}, body=[request.url, media("key").decode()])

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def kind() -> type[Sender]:
    return type("Counted", (Sender,), {})


def test_it_is_made_once_by_many_at_once_and_sends_what_it_is_given(kind: type[Sender]) -> None:
    late = LazyHttpClient(kind)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: late.send(REQUEST, {"key": b"bytes"}.__getitem__), range(8)))
    assert [answer.body for answer in answers] == [[REQUEST.url, "bytes"]] * 8
    late.close()
    assert (kind.made, kind.closed) == (1, 1)


def test_what_sent_nothing_makes_nothing_and_has_nothing_to_close(kind: type[Sender]) -> None:
    LazyHttpClient(kind).close()
    assert (kind.made, kind.closed) == (0, 0)


@pytest.mark.parametrize(("module", "known"), [("omnipub.wiring.assemble", False), ("omnipub.onebox.system", True)])
def test_a_command_does_without_the_library_and_an_up_has_it_before_its_first_post(module: str, *, known: bool) -> None:
    asked = f"import sys, {module}; print('urllib3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603  this interpreter
    assert done.stdout.strip() == str(known)
