"""`omnipub notify`: who is told, from setting a target to removing it; secrets go in by prompt or pipe alone."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Mode
from omnipub.onebox.data_directory import open_data
from omnipub.wiring.local import one_machine
from support.receiver import Receiver, receiving

Run = Callable[..., Any]
SECRET = "S3cretPartOfAnAddress"
PASSWORD = "S3cretPassword"
MAIL = ("mail", "--to", "ada@example.com", "--from", "omnipub@example.com", "--server", "smtp.example.com")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What is piped into the next command."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_webhook_is_set_tried_listed_and_removed(
    run: Run, data: Path, receiver: Receiver, pipe: Callable[[str], None]
) -> None:
    pipe(f"{receiver.url}/in/{SECRET}\n")
    made = run("notify", "set", "webhook", "--secret-stdin")
    assert made.code == 0, made.err
    assert made.out == f"target:\twebhook\nleads to:\t{receiver.url}\n"
    assert f"omnipub notify test webhook --data {data}" in made.err
    tried = run("notify", "test")
    assert (tried.code, tried.out) == (0, "webhook\tok\tHTTP 200: ok\n")
    ((path, headers, body),) = receiver.got
    assert path == f"/in/{SECRET}"
    assert (body["phase"], body["origin"]) == ("test", "local, sandbox")
    assert headers["webhook-id"] == body["id"]
    listed = run("notify", "list", "--json")
    (one,) = listed.json["targets"]
    assert (one["target"], one["leads_to"], one["state"]) == ("webhook", receiver.url, "ok")
    pipe("")
    assert run("notify", "remove", "webhook").code == 2, "nobody was asked"
    removed = run("notify", "remove", "webhook", "--yes")
    assert (removed.code, removed.out) == (0, f"removed:\twebhook\nled to:\t{receiver.url}\n")
    assert "Nobody is told any more" in removed.err
    assert run("notify", "list").out == ""
    shown = "".join(one.out + one.err for one in (made, tried, listed, removed))
    assert SECRET not in shown
    assert not any(SECRET.encode() in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_slack_is_told_in_its_own_form(run: Run, receiver: Receiver, pipe: Callable[[str], None]) -> None:
    pipe(f"{receiver.url}/services/T/B/{SECRET}")
    assert run("notify", "set", "slack:ops", "--secret-stdin").code == 0
    assert run("notify", "test", "slack:ops").code == 0
    assert receiver.bodies()[0]["text"].startswith("*A test: notices arrive [omnipub local, sandbox]*")


def test_a_target_that_does_not_take_it_is_exit_code_one_with_the_reason(
    run: Run, receiver: Receiver, pipe: Callable[[str], None]
) -> None:
    pipe(f"{receiver.url}/{SECRET}")
    run("notify", "set", "webhook", "--secret-stdin")
    receiver.status = 404
    ran = run("notify", "test", "--json")
    assert ran.code == 1
    (one,) = ran.json["targets"]
    assert (one["target"], one["ok"]) == ("webhook", False)
    assert one["why"] == f"{receiver.url} knows the address no more: set it again with a new one (HTTP 404)."
    assert one["answer"] == "HTTP 404: ok"
    assert run("notify", "test").out.endswith("(HTTP 404). Its answer: HTTP 404: ok\n")


def test_on_a_narrow_terminal_an_answer_is_told_to_its_end(
    run: Run, receiver: Receiver, pipe: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(f"{receiver.url}/{SECRET}")
    run("notify", "set", "webhook", "--secret-stdin")
    receiver.status = 404
    monkeypatch.setattr("omnipub_cli.output.output._is_terminal", lambda _: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    ran = run("notify", "test")
    assert ran.code == 1
    assert " ".join(ran.out.split()).endswith("with a new one (HTTP 404). Its answer: HTTP 404: ok")
    assert max(map(len, ran.out.splitlines())) <= 60


def test_mail_has_its_usual_port_and_shows_no_address(run: Run, data: Path, pipe: Callable[[str], None]) -> None:
    pipe(f"{PASSWORD}\n")
    ran = run("notify", "set", *MAIL, "--user", "me", "--secret-stdin", "--json")
    assert ran.json == {"target": "mail", "leads_to": "a…@example.com by smtp.example.com:587 (starttls)"}
    assert run("notify", "set", *MAIL, "--tls", "tls", "-q").out == "mail\n"
    assert run("notify", "list", "--json").json["targets"][0]["leads_to"].endswith("smtp.example.com:465 (tls)")
    for secret in (PASSWORD, "ada@example.com"):
        assert not any(secret.encode() in file.read_bytes() for file in data.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pager",), "This is no target of notices."),
        (("mail",), "Mail needs --to, --from, --server as well."),
        (("mail", "--to", "ada@example.com"), "Mail needs --from, --server as well."),
        ((*MAIL, "--secret-stdin"), "There is no password without --user."),
        ((*MAIL, "--tls", "none"), "Mail to smtp.example.com would go in the open."),
        (("mail", "--to", "ada", *MAIL[3:]), "This is not a mail address."),
        (("slack", "--to", "ada@example.com"), "--to is for mail alone."),
        (("slack",), "There is no terminal to ask for this: Address of the incoming webhook."),
        (("slack", "--secret-stdin"), "This is not a web address."),
        ((*MAIL[:5], "--server", "smtp.example.com:587"), "This is not the name of a mail server."),
        ((*MAIL[:5], "--server", "https://smtp.example.com"), "This is not the name of a mail server."),
        (("webhook", f"https://hooks.example.com/{SECRET}"), "One of the"),
        (("webhook", "--secret", SECRET), "A token is never an argument"),
        ((*MAIL, "--user", "me", f"--password={SECRET}"), "A token is never an argument"),
    ],
)
def test_what_cannot_be_set_gets_a_sentence_and_repeats_no_secret(
    run: Run, pipe: Callable[[str], None], words: tuple[str, ...], said: str
) -> None:
    pipe(SECRET)
    ran = run("notify", "set", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert SECRET not in ran.err
    assert "hint: " in ran.err
    assert run("notify", "list", "--json").json["targets"] == []


def test_where_posts_are_real_an_address_in_the_open_is_refused(
    run: Run, data: Path, receiver: Receiver, pipe: Callable[[str], None]
) -> None:
    open_data(data, mode=Mode.LIVE)
    pipe(f"{receiver.url}/{SECRET}")
    ran = run("notify", "set", "webhook", "--secret-stdin")
    assert ran.code == 2
    assert "Notices go over https alone." in ran.err
    pipe(f"https://127.0.0.1:8443/{SECRET}")
    assert run("notify", "set", "webhook", "--secret-stdin").code == 0
    tried = run("notify", "test")
    assert tried.code == 1
    assert "127.0.0.1 is not an address on the public internet." in tried.out
    assert receiver.got == []


def test_a_person_at_the_terminal_is_asked_in_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch, type_: Callable[[str], None]
) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return f"https://hooks.slack.com/services/{SECRET}"

    type_("")
    monkeypatch.setattr("getpass.getpass", answer)
    assert run("notify", "set", "slack").code == 0
    assert asked == ["Address of the incoming webhook: "]


def test_a_person_at_the_terminal_is_asked_for_what_mail_needs(
    run: Run, monkeypatch: pytest.MonkeyPatch, type_: Callable[[str], None]
) -> None:
    type_("ada@example.com\nomnipub@example.com\nsmtp.example.com\nme")
    monkeypatch.setattr("getpass.getpass", lambda _: PASSWORD)
    ran = run("notify", "set", "mail")
    assert ran.code == 0, ran.err
    assert "Who is told, a mail address:" in ran.err
    assert "leads to:\ta…@example.com by smtp.example.com:587 (starttls)" in ran.out
    type_("ada@example.com\n\n\n")
    ran = run("notify", "set", "mail:other")
    assert ran.code == 2
    assert "Mail needs --from, --server as well." in ran.err


def test_doctor_says_when_nobody_would_be_told_and_what_to_type(
    run: Run, data: Path, receiver: Receiver, pipe: Callable[[str], None]
) -> None:
    open_data(data)
    one_machine(open_data(data)).close()

    def told() -> list[Any]:
        return [one for one in run("doctor", "--json").json["findings"] if one["name"] == "told"]

    (nobody,) = told()
    assert (nobody["verdict"], nobody["next"]) == ("warn", f"omnipub notify set mail --data {data}")
    assert "Nobody is told" in nobody["what"]
    pipe(f"{receiver.url}/{SECRET}")
    run("notify", "set", "webhook", "--secret-stdin")
    (somebody,) = told()
    assert (somebody["verdict"], somebody["what"]) == ("ok", "What needs a person is told: webhook.")


def test_an_export_has_no_address_and_what_is_imported_must_be_set_again(
    run: Run, data: Path, tmp_path: Path, receiver: Receiver, pipe: Callable[[str], None]
) -> None:
    pipe(f"{receiver.url}/{SECRET}")
    run("notify", "set", "webhook", "--secret-stdin")
    file = tmp_path / "table.jsonl"
    assert run("table", "export", str(file)).code == 0
    assert SECRET not in file.read_text()
    assert run("table", "verify").code == 0
    run("notify", "remove", "webhook", "--yes")
    imported = run("table", "import", str(file), "--merge", "--yes")
    assert imported.code == 0, imported.err
    (one,) = run("notify", "list", "--json").json["targets"]
    assert one["state"] == "unset"
    assert run("table", "verify").code == 0
    ran = run("notify", "test")
    assert ran.code == 1
    assert f"omnipub notify set webhook --data {data}" in ran.out
    told = [one for one in run("doctor", "--json").json["findings"] if one["name"] == "told"]
    assert [one["next"] for one in told] == [f"omnipub notify set webhook --data {data}"]


def test_a_stage_on_aws_tells_by_its_topic(run: Run) -> None:
    for words in (("set", "slack"), ("remove", "slack", "--yes")):
        ran = run("notify", *words, "--stage", "prod", "--region", "eu-west-1")
        assert ran.code == 2
        assert "Stage prod tells by its topic" in ran.err
        assert "deploy/prod.toml" in ran.err
