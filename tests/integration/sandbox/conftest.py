"""A sandbox in this process, with one account per network: over its own file, and over a table as a stage's is."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest

from integration.sandbox.driver import Author, Client, Page, Receiver, Sandbox
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.sandbox.aws_function import in_table
from omnipub.sandbox.http_server import SandboxServer

AnyClient = TypeVar("AnyClient", Page, Author, Receiver)


@pytest.fixture(params=["file", "table"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    with closing(SqliteTable(tmp_path / "table.db")) as table:
        server = SandboxServer(tmp_path, state=in_table(table) if request.param == "table" else None)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
        thread.start()
        yield Sandbox(server.url)
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    return _opened(Page(sandbox))


@pytest.fixture
def organisation(sandbox: Sandbox) -> Author:
    return _opened(Author(sandbox))


@pytest.fixture
def person(sandbox: Sandbox) -> Author:
    return _opened(Author(sandbox, account="urn:li:person:yrZCpj2Z12", token="person-token"))


@pytest.fixture
def receiver(sandbox: Sandbox) -> Receiver:
    return _opened(Receiver(sandbox))


@pytest.fixture(params=[Page, Author, Receiver], ids=["facebook", "linkedin", "webhook"])
def client(sandbox: Sandbox, request: pytest.FixtureRequest) -> Client:
    """Each network in turn."""
    return _opened(request.param(sandbox))


def _opened(client: AnyClient) -> AnyClient:
    assert client.sandbox.open(client.network, client.account, client.token).status == 201
    return client
