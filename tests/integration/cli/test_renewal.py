"""What the commands say of a token that is renewed: by the worker, or not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.channels.networks.linkedin.channel import LinkedIn
from omnipub.domain.conversation import Secret
from omnipub.domain.timestamps import moment
from omnipub.domain.token_refresh import RefreshFailure
from omnipub.names import LOCAL_OWNER
from omnipub.services.table.dump_lines import prepared
from omnipub.storage import keys
from omnipub.storage.items import connection_item
from omnipub.wiring.assemble import System

Run = Callable[..., Any]

SENTENCE = "LinkedIn did not answer."
BY_ITSELF = "yes; omnipub does it by itself"
FAILED = f"yes; last failed, and is tried again: {SENTENCE}"
REFUSED = f"yes; last refused: {SENTENCE}"
CONNECT = "connections connect linkedin --account linkedin-1"


@pytest.fixture
def renewed(system: System) -> Callable[[RefreshFailure | None], None]:
    """The account's token ends tomorrow, and its last renewal failed so."""

    def renewed(failed: RefreshFailure | None) -> None:
        connection = system.connecting.connect(
            owner=LOCAL_OWNER,
            channel="linkedin",
            account="linkedin-1",
            token=Secret("access-secret"),
            credentials={name: Secret(f"{name}-secret") for name in LinkedIn.renewal_needs},
            ends_at=moment(datetime.now(UTC) + timedelta(days=1)),
        )
        noted = replace(connection, renewal_failed=failed, version=connection.version + 1)
        system.world.table.put(connection_item(noted, lambda _: 0))

    return renewed


@pytest.mark.parametrize(
    ("times", "for_good", "shown", "verdict", "command"),
    [
        (0, False, BY_ITSELF, "ok", ""),
        (1, False, FAILED, "warn", "connections refresh linkedin"),
        (1, True, REFUSED, "bad", CONNECT),
    ],
)
def test_show_list_and_doctor_say_who_renews_a_token(
    run: Run,
    renewed: Callable[[RefreshFailure | None], None],
    tmp_path: Path,
    times: int,
    *,
    for_good: bool,
    shown: str,
    verdict: str,
    command: str,
) -> None:
    at = moment(datetime.now(UTC))
    renewed(RefreshFailure(at=at, sentence=SENTENCE, for_good=for_good) if times else None)
    assert f"renewable:\t{shown}" in run("connections", "show", "linkedin").out
    (listed,) = (
        one for one in run("connections", "list", "--json").json["connections"] if one["channel"] == "linkedin"
    )
    assert (listed["renewable"], listed["renewal_failed"]) == (True, SENTENCE if times else None)
    (finding,) = (one for one in run("doctor", "--json").json["findings"] if one["name"] == "tokens")
    assert (finding["verdict"], command in (finding["next"] or "")) == (verdict, True)
    assert run("table", "export", str(tmp_path / "all.jsonl")).code == 0
    assert "linkedin-1" in (tmp_path / "all.jsonl").read_text()
    assert "-secret" not in run("connections", "show", "linkedin", "--json").out + (tmp_path / "all.jsonl").read_text()


def test_an_imported_connection_has_neither_a_turn_nor_a_failure(
    run: Run, system: System, renewed: Callable[[RefreshFailure | None], None]
) -> None:
    renewed(RefreshFailure(at=moment(datetime.now(UTC)), sentence=SENTENCE))
    item = system.world.table.get(keys.connection(LOCAL_OWNER, "linkedin"))
    assert item is not None
    written = prepared(item | {"renewing_until": item["refresh_at"]})
    assert not {"refresh_at", "renewing_until", "renewal_failed", "GSI1PK"} & set(written)
    assert run("connections", "list").code == 0
