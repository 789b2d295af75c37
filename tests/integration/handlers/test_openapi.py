"""The API against its own description: what schemathesis makes of it never breaks it, and each refusal is a problem."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from omnipub.handlers.api import app
from omnipub.handlers.api.router import Public
from omnipub.onebox.gateway import Gateway
from support.world import TestBed

DESCRIBED = yaml.safe_load((Path(__file__).parents[3] / "docs/openapi.yaml").read_text())
TOKEN = "the-token"
METHODS = {"get", "post", "put", "patch", "delete"}
OPERATIONS = [(method, path) for path, item in DESCRIBED["paths"].items() for method in item if method in METHODS]
TURNS = 40
"""Of each operation and manner; all of them take some ten seconds."""


def _can_be_wrong(method: str, path: str) -> bool:
    """Whether an operation has anything that could be filled in wrongly."""
    item = DESCRIBED["paths"][path]
    return bool({"parameters", "requestBody"} & {*item, *item[method]})


MANNERS = [
    (method, path, manner)
    for method, path in OPERATIONS
    for manner in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if manner is GenerationMode.POSITIVE or _can_be_wrong(method, path)
]


@pytest.fixture
def address(bed: TestBed) -> Iterator[str]:
    bed.system.dispatch.tick()
    gateway = Gateway(app.build(bed.system), TOKEN, 0)
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.002})
    thread.start()
    yield f"{gateway.address}/api/v1"
    gateway.shutdown()
    gateway.server_close()
    thread.join()


def test_the_routes_are_those_that_are_described() -> None:
    assert {(route.method, route.path.replace("<id>", "{id}")) for route in app.ROUTES} == {
        (method.upper(), path) for method, path in OPERATIONS
    }
    for route in app.ROUTES:
        described = DESCRIBED["paths"][route.path.replace("<id>", "{id}")][route.method.lower()]
        assert ("security" in described) == isinstance(route, Public)


@pytest.mark.parametrize(("method", "path", "manner"), MANNERS)
def test_nothing_that_is_asked_for_breaks_the_api(
    bed: TestBed, address: str, capfd: pytest.CaptureFixture[str], method: str, path: str, manner: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_dict(DESCRIBED)[path][method.upper()]
    asked: list[int] = []

    @given(case=operation.as_strategy(generation_mode=manner))
    @settings(
        max_examples=TURNS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {TOKEN}"
        answer = case.call(base_url=address)
        asked.append(answer.status_code)
        assert answer.status_code < 500, answer.content
        kind = answer.headers["content-type"][0]
        if answer.status_code >= 400:
            problem = json.loads(answer.content)
            assert kind == "application/problem+json"
            assert problem["status"] == answer.status_code
            assert problem["title"]
            assert problem["detail"]
        else:
            assert kind == "application/json"

    ask()
    assert asked
    assert bed.journal.named("api_broke") == []
    assert capfd.readouterr().err == ""
