"""Validate and preview over a real system: what would be sent is shown, and nothing is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Occasion
from omnipub.domain.delivery.model import Delivery, FrozenRequest
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.names import LOCAL_OWNER
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.wiring.assemble import System
from omnipub_cli.output.json_schemas import json_schema

from .test_commands import AHEAD, ANNOUNCE, PNG, made, misfits

pytestmark = pytest.mark.usefixtures("system")

Run = Callable[..., Any]


def checked(run: Run, verb: str, *arguments: str, code: int = 0) -> Any:
    ran = run("messages", verb, *arguments, "--json")
    assert ran.code == code, ran.err
    assert misfits(ran.json, json_schema(f"messages {verb}")) == []
    return ran.json


def only(system: System, id_: str) -> Delivery:
    (found,) = system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries
    return found


def test_what_all_channels_take_is_ok(run: Run) -> None:
    ran = run("messages", "validate", "Hello", "--to", "bluesky,facebook")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split("\t")[:2] for line in ran.out.splitlines()] == [["bluesky", "ok"], ["facebook", "ok"]]
    assert run("messages", "validate", "Hello", "--to", "bluesky,facebook", "-q").out == "bluesky\nfacebook\n"


def test_every_broken_limit_is_told_with_its_numbers_and_unit(run: Run) -> None:
    text = "ä" * 1_501
    ran = run("messages", "validate", text, "--to", "bluesky,facebook")
    assert ran.code == 1
    rows = [line.split("\t")[:5] for line in ran.out.splitlines()]
    assert rows == [
        ["bluesky", "refused", "1501", "300", "graphemes"],
        ["bluesky", "refused", "3002", "3000", "bytes"],
        ["facebook", "ok", "", "", ""],
    ]
    assert "omnipub channels limits" in ran.err
    told = checked(run, "validate", text, "--to", "bluesky", code=1)
    assert (told["ok"], told["id"]) == (False, None)
    (bluesky,) = told["channels"]
    assert [(one["found"], one["most"], one["unit"]) for one in bluesky["problems"]] == [
        (1501, 300, "graphemes"),
        (3002, 3000, "bytes"),
    ]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--to", "facebook"), "text"),
        (("Hi", "--to", "facebook", "--link", "nope"), "link"),
        (("Hi", "--to", "facebook", "--hashtag", "two words"), "hashtags"),
        (("Hi", "--to", "facebook", "--variant", "linkedin=Hi"), "variants"),
        (("Hi", "--to", "facebook", "--at", "2020-01-01T00:00Z"), "at"),
        (("Hi", "--to", "facebook", *AHEAD, "--not-after", "2027-11-30T09:00Z"), "not_after"),
    ],
)
def test_what_create_would_refuse_is_refused_for_the_same_reason(
    arguments: tuple[str, ...], field: str, run: Run
) -> None:
    told = checked(run, "validate", *arguments, code=1)
    assert [one["field"] for one in told["problems"]] == [field]
    refused = run("messages", "create", *arguments)
    assert refused.code == 2
    assert told["problems"][0]["sentence"] in refused.err


@pytest.mark.parametrize("text", ["Hi", "x" * 301, "x" * 3_001, "x" * 70_000])
def test_validate_and_create_agree(text: str, run: Run) -> None:
    to = ("--to", "bluesky,facebook,linkedin,telegram,webhook", *AHEAD)
    assert run("messages", "validate", text, *to).code == (0 if run("messages", "create", text, *to).code == 0 else 1)


def test_a_channel_without_an_account_is_told_with_how_to_connect_it(run: Run) -> None:
    ran = run("messages", "validate", "Hi", "--to", "facebook,linkedin:team")
    assert ran.code == 1
    assert "No account is connected as linkedin:team." in ran.out
    assert "omnipub connections connect linkedin:team" in ran.err


def test_nothing_is_stored(run: Run, data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    for verb in ("validate", "preview"):
        assert run("messages", verb, "Hi", "--to", "facebook", "--image", str(picture)).code == 0
    assert not (data / "media").exists()
    assert run("messages", "list", "--json").json["messages"] == []


def test_the_text_may_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("Grüße\n".encode())
    told = checked(run, "preview", "--file", str(tmp_path / "text"), "--to", "facebook")
    assert told["channels"][0]["text"] == "Grüße"
    (tmp_path / "latin").write_bytes("Grüße".encode("latin-1"))
    assert "not UTF-8" in run("messages", "preview", "--file", str(tmp_path / "latin"), "--to", "facebook").err
    assert run("messages", "validate", "--file", str(tmp_path / "none"), "--to", "facebook").code == 2
    both = run("messages", "validate", "Hi", "--file", str(tmp_path / "text"), "--to", "facebook")
    assert (both.code, "two texts" in both.err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [("Hello",), (), ("01M844K2KM12R6W346XR7QK44W", "--link", "https://example.com"), ("--to", "myspace", "Hi")],
)
@pytest.mark.parametrize("verb", ["validate", "preview"])
def test_what_names_neither_a_message_nor_channels_is_a_usage_error(
    verb: str, arguments: tuple[str, ...], run: Run
) -> None:
    assert run("messages", verb, *arguments).code == 2


def test_preview_shows_text_counts_link_and_images_as_each_network_will_show_them(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    ran = run(
        *("messages", "preview", "Hello (all)", "--to", "bluesky,linkedin", "--link", "https://example.com/a"),
        *("--hashtag", "news", "--image", str(picture), "--alt", "A door", "--variant", "linkedin=For work"),
    )
    assert ran.code == 0, ran.err
    bluesky, linkedin = ran.out.split("\n\n")
    assert bluesky.splitlines() == [
        "bluesky (Bluesky, bluesky-1)",
        "  | Hello (all)",
        "  |",
        "  | #news",
        "  |",
        "  | https://example.com/a",
        "  text: 41/300 graphemes, 41/3,000 bytes",
        "  link: https://example.com/a (in the text)",
        "  image 1: image/png 28 bytes, A door",
    ]
    assert "| For work" in linkedin
    assert "Hello" not in linkedin


def test_a_link_on_a_card_is_said_to_stand_beside_the_text(run: Run) -> None:
    out = run("messages", "preview", "Hi", "--to", "facebook", "--link", "https://example.com/a").out
    assert "link: https://example.com/a (beside the text)" in out


def test_preview_of_what_cannot_be_published_shows_it_all_the_same_and_fails(run: Run) -> None:
    ran = run("messages", "preview", "x" * 301, "--to", "bluesky")
    assert ran.code == 1
    assert "text: 301/300 graphemes, 301/3,000 bytes" in ran.out
    assert "not accepted: Bluesky: The text has 301 graphemes; at most 300 are allowed." in ran.out


def test_a_message_that_exists_is_previewed_by_its_id(run: Run, system: System) -> None:
    id_ = made(run, "Hello", "--to", "webhook", *AHEAD)
    told = checked(run, "preview", id_.lower())
    one = only(system, id_)
    occasion = Occasion(delivery_key="/".join(keys.delivery(one.parent, one.channel)), due_at=one.due_at)
    (webhook,) = told["channels"]
    assert told["id"] == id_
    assert webhook["body"] == system.channels["webhook"].render(Content(text="Hello"), occasion)
    assert webhook["fixed"] is False
    assert checked(run, "validate", id_)["ok"] is True


def test_a_frozen_request_is_shown_as_it_was_frozen(run: Run, system: System) -> None:
    id_ = made(run, "Hello", "--to", "facebook", *AHEAD)
    one = only(system, id_)
    body = {"post": {"published": True, "message": "As it was rendered then"}, "media": []}
    frozen = FrozenRequest(revision=one.revision, body=body)
    system.operate.recording.move(one, type(one)(**(vars(one) | {"frozen": frozen})))
    (facebook,) = checked(run, "preview", id_)["channels"]
    assert (facebook["text"], facebook["body"], facebook["fixed"]) == ("As it was rendered then", body, True)


def test_a_certification_is_previewed_by_its_id_too(run: Run) -> None:
    id_ = run(*ANNOUNCE, "--to", "facebook", *AHEAD, "-q").out.strip()
    (facebook,) = checked(run, "preview", id_)["channels"]
    assert "Ada Lovelace" in facebook["text"]


def test_no_secret_is_in_a_preview(run: Run, system: System) -> None:
    networks = ",".join(system.channels)
    ran = run("messages", "preview", "Hi", "--to", networks, "--json")
    sealed = [one.sealed for one in system.accounts.of(LOCAL_OWNER)]
    assert len(sealed) == len(system.channels)
    assert not [secret for secret in sealed if secret in ran.out]
    assert "Bearer" not in ran.out
