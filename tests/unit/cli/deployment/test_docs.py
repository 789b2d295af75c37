"""The page about deploying and the workflows say what the code does."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup

from omnipub_cli.app import ENTRIES, load
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.infrastructure import Infrastructure
from omnipub_cli.deployment.stack_state import BROKEN
from omnipub_cli.deployment.target import Target, target
from omnipub_cli.framework.lazy_group import LazyGroup

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "deploying.md").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def typed() -> list[list[str]]:
    """Every command line of the page, as words behind `omnipub`."""
    found = re.findall(r"(?:^|[`(/])omnipub ((?:[a-z][\w-]*)(?: [^`\n|]+)?)", PAGE, re.MULTILINE)
    return [line.split() for line in found]


@pytest.mark.parametrize("words", typed(), ids=" ".join)
def test_every_command_of_the_page_is_there_with_its_options(words: list[str]) -> None:
    assert words[0] in ENTRIES
    command = load(words[0])
    rest = words[1:]
    if isinstance(command, TyperGroup):
        inside = command.loaded() if isinstance(command, LazyGroup) else command.commands
        assert rest[0] in inside
        command, rest = inside[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("-")} <= known


def test_the_page_names_every_status_that_needs_somebody_with_its_command() -> None:
    rows = {
        status: row for row in PAGE.splitlines() if row.startswith("| `") for status in re.findall(r"`([A-Z_]+)`", row)
    }
    for status, remedy in BROKEN.items():
        words = remedy.command.format(short="STACK", name="NAME", stage="STAGE", region="REGION")
        assert words in rows[status]


def test_the_example_of_a_stages_file_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "cdk").symlink_to(ROOT / "cdk")
    (tmp_path / "deploy").mkdir()
    example = re.search(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    assert example
    (tmp_path / "deploy" / "dev.toml").write_text(example[1])
    found: Target = target(Checkout(root=tmp_path), "dev", region="", environment={})
    assert (found.infra, found.region, found.has_address) == ("serverless", "eu-central-1", True)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_that_its_version_is_named_beside(workflow: Path) -> None:
    uses = re.findall(r"uses: *(.+)", workflow.read_text())
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in uses)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_may_do_more_than_it_says(workflow: Path) -> None:
    text = workflow.read_text()
    assert "\npermissions: {}\n" in text
    assert "secrets." not in text
    scripts = re.findall(r"run: (?:\|\n((?:          .*\n)+)|(.*))", text)
    assert scripts
    assert not any("${{" in script for pair in scripts for script in pair), "what is typed in a form is no script"


def test_the_form_offers_what_there_is() -> None:
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    infra, stages = re.findall(r"options: \[(.+)\]", text)
    assert sorted(infra.split(", ")) == sorted(Infrastructure)
    assert "default: containers\n" in text, "as the project's first workflow had it"
    assert stages.split(", ") == list(Checkout(root=ROOT).module("stages").STAGES)
