"""Every command that shows or ends something works where the table names a network that this release does not know."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.names import LOCAL_OWNER
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.wiring.assemble import System, assemble
from support.world import FakeChannel

Run = Callable[..., Any]


@pytest.fixture
def held(system: System) -> str:
    """A message to a network of another release, which this one holds; its id."""
    later = assemble(
        system.settings, system.world, {**system.channels, "ancient": FakeChannel("ancient", ReconcileMethod.LOOK_UP)}
    )
    later.accounts.connect(owner=LOCAL_OWNER, channel="ancient", account="acc-1", token=Secret("t"))
    due = system.world.clock.now() + timedelta(seconds=1)
    made = later.compose.message(
        owner=LOCAL_OWNER,
        content=Content(text="Hello"),
        channels=["ancient"],
        schedule=Schedule(at=due, local=to_text(due).removesuffix("Z"), zone="UTC"),
    )
    (delivery,) = later.showing.one(Parent(kind=ParentKind.MESSAGE, id=made.id), Viewer(owner=LOCAL_OWNER)).deliveries
    system.world.clock.sleep_until(due)
    assert system.deliver.one(pointer_to(delivery, why="due", trace="")).verdict == "held"
    return made.id


@pytest.mark.parametrize(
    "command",
    [
        ("messages", "list"),
        ("messages", "list", "--status", "held"),
        ("messages", "show", "{id}"),
        ("messages", "stuck"),
        ("messages", "export"),
        ("messages", "preview", "{id}"),
        ("schedule", "list"),
        ("connections", "list"),
        ("connections", "show", "ancient"),
        ("connections", "test", "ancient"),
        ("table", "stats"),
        ("table", "verify"),
        ("channels", "list"),
    ],
    ids=" ".join,
)
def test_what_shows_something_shows_it(command: tuple[str, ...], held: str, run: Run) -> None:
    ran = run(*(word.format(id=held) for word in command))
    assert "bug" not in ran.err.lower()
    assert "Traceback" not in ran.err
    assert ran.code in {0, 1, 7}, ran.err  # 7: it needs somebody


def test_show_says_why_it_is_held(held: str, run: Run) -> None:
    assert "does not know the network 'ancient'" in run("messages", "show", held, "--json").out


def test_doctor_names_the_network(held: str, run: Run) -> None:
    assert held
    assert "does not know the network 'ancient'" in " ".join(run("doctor").out.split())


def test_it_can_be_cancelled(held: str, run: Run) -> None:
    ran = run("messages", "cancel", held, "--yes")
    assert ran.code == 0, ran.err


def test_its_account_can_be_disconnected(held: str, run: Run) -> None:
    assert held
    ran = run("connections", "disconnect", "ancient", "--yes")
    assert ran.code == 0, ran.err
    assert "ancient" not in run("connections", "list", "--json").out
