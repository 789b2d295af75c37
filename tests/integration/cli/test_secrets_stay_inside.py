"""A hostile server quotes every secret that it is sent: none is found in a file, an answer of the API or a command."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Secret
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.services.messages import serialize
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.storage import keys
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from support.echoes import WAYS, traces

Run = Callable[..., Any]

TOKENS = {
    "bluesky": ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "k3vq-7xzw-m2pj-9rtb"),
    "facebook": ("100000000000001", "EAABsbCS1iHgBO7ZCa+NaRy/0Zq9Zd"),
    "linkedin": ("urn:li:organization:7", "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV"),
    "telegram": ("@news", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    "webhook": ("intranet", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
}
JWT, NEXT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkaWQ6cGxj.Qz-7x_accessCanary01", "rfr3shC4naryT0kenOfTheSess10n"
PATH, QUERY = "B0C4naryPathOfTheHook", "qu3ryC4naryValueOfIt"
SECRETS = (*(token for _, token in TOKENS.values()), JWT, NEXT, PATH, QUERY)


class Hostile(BaseHTTPRequestHandler):
    """Opens sessions, and refuses everything else with a sentence that quotes what it knows, each time otherwise."""

    turn = count()
    asked: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        network = self.path.split("/")[1]
        Hostile.asked.add(network)
        if "createSession" in self.path:
            return self.answer(200, {"accessJwt": JWT, "refreshJwt": NEXT, "handle": "ada.example"})
        known = [TOKENS[network][1]]
        known += {"bluesky": [JWT, NEXT], "webhook": [PATH, QUERY]}.get(network, [])
        number = next(Hostile.turn)
        write = list(WAYS.values())[number % len(WAYS)]
        quoted = f"it was {write(known[number // len(WAYS) % len(known)])} that you sent"
        names = ("message", "description", "detail", "title", "id", "name")
        body: dict[str, Any] = dict.fromkeys(names, quoted)
        error = {"message": quoted, "code": 100} if network == "facebook" else "InvalidRequest"
        return self.answer(400, {"error": error, "ok": False} | body)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815  the base class's

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def system(data: Path, address: str) -> Iterator[System]:
    built = one_machine(open_data(data))
    built.gate.enter()
    for network, (account, token) in TOKENS.items():
        where = f"{address}/{network}" + (f"/in/{PATH}?key={QUERY}" if network == "webhook" else "")
        built.accounts.connect(owner=LOCAL_OWNER, channel=network, account=account, token=Secret(token), base_url=where)
    yield built
    built.close()


def sent(system: System, network: str, number: int) -> str:
    content = Content(text=f"{network} says {number}")
    id_ = system.compose.message(owner=LOCAL_OWNER, content=content, channels=[network]).id
    for one in system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries:
        system.deliver.one(pointer_to(one, why="now", trace=""))
    return id_


def test_no_secret_is_in_a_file_an_answer_or_a_command(
    run: Run, system: System, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(TOKENS) == set(CHANNELS), "a new network needs its canaries here"
    kept: list[str] = []
    ids = [sent(system, network, number) for network in TOKENS for number in range(len(WAYS))]
    assert Hostile.asked == set(CHANNELS)
    said = capsys.readouterr()
    kept += [said.out, said.err]
    for id_ in ids:
        shown = system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER))
        kept.append(str(shown) + json.dumps(serialize.shown(shown)))
        assert all(one.status.value != "published" for one in shown.deliveries)
    user = keys.user_partition(LOCAL_OWNER)
    commands = [
        ("messages", "list"),
        ("connections", "list"),
        ("connections", "test"),
        ("doctor",),
        ("table", "inspect", user),
        ("table", "export", str(tmp_path / "table.jsonl")),
        ("messages", "export", str(tmp_path / "messages.jsonl")),
        ("table", "verify"),
        *(("connections", "show", network) for network in TOKENS),
        *(("messages", "show", id_) for id_ in ids[:: len(WAYS) // 3]),
    ]
    for words in commands:
        for how in ((), ("--json",)):
            ran = run(*words, *how)
            assert "made a mistake" not in ran.err, (words, ran.err)
            kept += [ran.out, ran.err]
    kept += [(tmp_path / name).read_text() for name in ("table.jsonl", "messages.jsonl")]
    files = [one for one in data.rglob("*") if one.is_file() and one.name != "vault.key"]
    assert any(one.name.startswith("table.db") for one in files)
    kept += [one.read_bytes().decode("latin-1") for one in files]
    everything = "\n".join(kept)
    assert "that you sent" in everything, "words of the networks are kept"
    assert "127.0.0.1" in everything
    for secret in SECRETS:
        assert traces(everything, secret) == [], secret


def test_a_webhook_is_connected_shown_and_connected_again_without_its_address(
    run: Run, data: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_data(data)

    def typed(*words: str) -> Any:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TOKENS["webhook"][1].encode() + b"\n")))
        return run("connections", *words, *(("--token-stdin",) if words[0] == "connect" else ()))

    url = f"{address}/webhook/in/{PATH}?key={QUERY}"
    made = typed("connect", "webhook", "--account", "intranet", "--url", url)
    assert made.code == 0, made.err
    shown = [made, typed("list"), typed("show", "webhook"), typed("list", "--json"), typed("show", "webhook", "--json")]
    text = "".join(one.out + one.err for one in shown)
    assert address in text
    assert "…" in text
    for secret in (PATH, QUERY, TOKENS["webhook"][1]):
        assert traces(text, secret) == []
        assert not any(secret.encode() in one.read_bytes() for one in data.rglob("*") if one.is_file())
    again = typed("connect", "webhook", "--account", "intranet")
    assert again.code == 0, again.err
    other = typed("connect", "webhook:b", "--account", "b", "--url", url.replace("http://", "HTTP://"))
    assert other.code == 4
    assert "already connected under another name" in other.err
    assert traces(other.err, PATH) == []
