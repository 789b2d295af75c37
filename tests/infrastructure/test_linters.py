"""What linters find in the templates is judged in a table, each finding with its reason.

    .venv/bin/pytest -m linters tests/infrastructure/test_linters.py

runs cfn-lint and checkov, which uv installs apart from this project's packages: a minute, or two the first time.
cdk-nag runs with every synthesis.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TABLE = Path(__file__).with_name("judged_findings.toml")
CFN_LINT, CHECKOV = "cfn-lint==1.58.0", "checkov==3.3.13"
CLEAN = {0, 1}
"""Exit codes of checkov that ran to its end."""

CFN_LINT_BROKE = 1
"""cfn-lint's exit code of a mistake of its own; the bits of others say how severe its findings are."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A finding; `stage` is the fixture whose template it is in, `where` a sentence's end."""

    linter: str
    rule: str
    type: str
    stage: str
    where: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A row of the table."""

    linter: str
    rule: str
    type: str
    why: str
    stages: tuple[str, ...] = ()

    def covers(self, found: Finding) -> bool:
        same = (self.linter, self.rule, self.type) == (found.linter, found.rule, found.type)
        return same and (not self.stages or found.stage in self.stages)


def judgements() -> list[Judgement]:
    rows = tomllib.loads(TABLE.read_text())["finding"]
    return [Judgement(**{**row, "stages": tuple(row.get("stages", ()))}) for row in rows]


def unjudged(found: list[Finding], rows: list[Judgement]) -> list[Finding]:
    """Findings that no row covers."""
    return [one for one in found if not any(row.covers(one) for row in rows)]


def stale(found: list[Finding], rows: list[Judgement]) -> list[Judgement]:
    """Rows that cover nothing (any more), in any of the stages that they name."""
    named = [(row, stage) for row in rows for stage in row.stages or ("",)]
    return [row for row, stage in named if not any(row.covers(one) and stage in {"", one.stage} for one in found)]


@pytest.fixture(scope="module")
def templates(dev: Any, prod: Any, far: Any) -> Mapping[Path, tuple[str, Mapping[str, Any]]]:
    """File → its stage and its document."""
    made = {"dev": dev, "prod": prod, "far": far}
    files = {path: stage for stage, one in made.items() for path in sorted(one.folder.glob("*.template.json"))}
    return {path: (stage, json.loads(path.read_text())) for path, stage in files.items()}


def _ran(package: str, *words: str | Path) -> tuple[int, str]:
    from omnipub_cdk.runtime_python import find_uv

    uv = find_uv()
    assert uv is not None
    quiet = {"LOG_LEVEL": "ERROR", "UV_NO_PROGRESS": "1"}
    command = [
        uv,
        "tool",
        "run",
        "-q",
        "--python",
        sys.executable,
        "--from",
        package,
        package.partition("==")[0],
        *words,
    ]
    done = subprocess.run(  # noqa: S603  pinned above
        command, capture_output=True, text=True, check=False, env={**os.environ, **quiet}, timeout=500
    )
    return done.returncode, done.stdout or done.stderr


def _of_cfn_lint(templates: Mapping[Path, tuple[str, Mapping[str, Any]]]) -> Iterator[Finding]:
    code, told = _ran(CFN_LINT, "--format", "json", "--non-zero-exit-code", "none", *templates)
    assert code != CFN_LINT_BROKE, told
    for one in json.loads(told):
        stage, template = templates[Path(one["Filename"])]
        path = one["Location"]["Path"] or []
        kind = template["Resources"][path[1]]["Type"] if path[:1] == ["Resources"] else ""
        where = f"{one['Filename']} {path}: {one['Message']}"
        yield Finding(linter="cfn-lint", rule=one["Rule"]["Id"], type=kind, stage=stage, where=where)


def _of_checkov(templates: Mapping[Path, tuple[str, Mapping[str, Any]]]) -> Iterator[Finding]:
    words = [word for path in templates for word in ("--file", path)]
    code, told = _ran(CHECKOV, *words, "--framework", "cloudformation", "--skip-download", "-o", "json")
    assert code in CLEAN, told
    told_of = json.loads(told)
    results = [one["results"] for one in (told_of if isinstance(told_of, list) else [told_of])]
    assert not [one for found in results for one in found["parsing_errors"]]
    stages = {path.resolve(): stage for path, (stage, _) in templates.items()}
    for one in (one for found in results for one in found["failed_checks"]):
        stage = stages[Path(one["file_abs_path"]).resolve()]
        kind, _, logical = one["resource"].rpartition(".")
        where = f"{stage} {Path(one['file_abs_path']).name} {logical}: {one['check_name']}"
        yield Finding(linter="checkov", rule=one["check_id"], type=kind, stage=stage, where=where)


@pytest.mark.linters
@pytest.mark.timeout(900)
def test_every_finding_of_the_linters_is_judged_and_every_judgement_has_a_finding(
    templates: Mapping[Path, tuple[str, Mapping[str, Any]]],
) -> None:
    found = [*_of_cfn_lint(templates), *_of_checkov(templates)]
    assert unjudged(found, judgements()) == [], f"put it right, or judge it in {TABLE}"
    assert stale(found, judgements()) == [], f"nothing finds this any more: take it out of {TABLE}"


def test_each_rule_is_judged_once_with_a_reason_and_of_a_type_that_is_there(
    templates: Mapping[Path, tuple[str, Mapping[str, Any]]],
) -> None:
    rows = judgements()
    assert len({(row.linter, row.rule, row.type) for row in rows}) == len(rows)
    kinds = {one["Type"] for _, template in templates.values() for one in template.get("Resources", {}).values()}
    for row in rows:
        assert row.type in kinds, row
        assert row.why.endswith("."), row
        assert set(row.stages) <= {"dev", "prod", "far"}, row


def test_a_finding_of_another_rule_type_or_stage_is_not_judged_by_the_way() -> None:
    row = Judgement(linter="checkov", rule="CKV_1", type="AWS::S3::Bucket", why="Meant.", stages=("dev",))
    fits = Finding(linter="checkov", rule="CKV_1", type="AWS::S3::Bucket", stage="dev", where="x")
    others = [
        Finding(**{**vars(fits), name: value})
        for name, value in {"linter": "cfn-lint", "rule": "CKV_2", "type": "AWS::SQS::Queue", "stage": "prod"}.items()
    ]
    assert unjudged([fits, *others], [row]) == others
    assert stale([fits], [row]) == []
    assert stale(others, [row]) == [row]
