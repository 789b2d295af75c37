"""The command that starts CDK, the pages, and how they get onto the site; nothing here needs node or the network."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from omnipub.errors import OmnipubError

STATUS = Path(__file__).parents[2] / "web" / "status"


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page((STATUS / "index.html").read_text())


def test_the_status_page_can_be_read_by_everybody(page: Page) -> None:
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("title")) == len(page.named("h1")) == len(page.named("main")) == 1
    assert {"role": "status"}.items() <= next(one for one in page.named("p") if one.get("id") == "state").items()
    assert page.named("button") == [{"id": "again", "type": "button"}]


def test_the_status_page_obeys_the_sites_own_policy(page: Page) -> None:
    assert [one.get("src") for one in page.named("script")] == ["/assets/status.js"], "pages answer under any address"
    assert not [one for one in page.elements if any(name == "style" or name.startswith("on") for name in one[1])]
    for attributes in (*page.named("link"), *page.named("script")):
        target = attributes.get("href") or attributes.get("src")
        assert target is not None
        assert (STATUS / target.removeprefix("/")).is_file()


def test_the_script_touches_elements_that_are_there_and_the_route_that_is(page: Page) -> None:
    script = (STATUS / "assets" / "status.js").read_text()
    identifiers = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    used = set(re.findall(r'by\("(\w+)"\)', script))
    assert used
    assert used <= identifiers
    assert 'fetch("/api/v1/health"' in script
    assert "innerHTML" not in script


def test_the_node_that_is_named_is_used_and_an_old_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnipub_cdk import launch

    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v20.20.2\n")
    old.chmod(0o755)
    monkeypatch.setattr(launch, "packaged_node", lambda: None)
    assert launch.find_node({"JSII_NODE": "/opt/node", "PATH": str(tmp_path)}) == Path("/opt/node")
    assert launch.find_node({"PATH": str(tmp_path)}) is None
    old.write_text("#!/bin/sh\necho v24.1.0\n")
    assert launch.find_node({"PATH": str(tmp_path)}) == old


def test_without_node_the_command_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from omnipub_cdk import launch

    monkeypatch.setattr(launch, "find_node", lambda _environment: None)
    assert launch.main() == 1
    assert "uv sync" in capsys.readouterr().err


def test_values_of_a_stage_can_be_given_for_one_run() -> None:
    from omnipub_cdk.stages import STAGES, stage_of

    given = {"stage": "prod", "parallel": "3", "sign_up": "true", "mode": "sandbox"}
    stage = stage_of(given.get)
    assert (stage.name, stage.parallel, stage.sign_up, stage.mode.value) == ("prod", 3, True, "sandbox")
    assert stage_of({}.get) == STAGES["dev"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"stage": "production"}, "no stage 'production'"),
        ({"parallel": "many"}, "parallel is 'many'"),
        ({"sign_up": "yes"}, "allowed: true, false"),
        ({"mode": "dry"}, "mode is 'dry'"),
        ({"domain": "a.example"}, "a domain without the other"),
        ({"architecture": "sparc"}, "allowed: arm64, x86_64"),
        ({"stage": "prod", "sandbox_url": "https://sandbox.example"}, "production stage has the address of a sandbox"),
        ({"log_days": "8"}, "log_days is 8"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(given: dict[str, str], sentence: str) -> None:
    from omnipub_cdk.stages import stage_of

    with pytest.raises(OmnipubError, match=sentence):
        stage_of(given.get)
