"""A function that would not start is not built."""

from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError, build, smoke_test, tools


def package(folder: Path, text: str) -> Path:
    """A package omnipub with one module, `handler`."""
    (folder / "omnipub").mkdir(parents=True)
    (folder / "omnipub" / "__init__.py").write_text("")
    (folder / "omnipub" / "handler.py").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from omnipub.adapters import local\n", "No module named 'omnipub.adapters'"),
        ("import typer\n", "No module named 'typer'"),
        ("raise ValueError('a reason')\n", "ValueError: a reason"),
    ],
    ids=["a module that was left out", "a package that was left out", "an error of its own"],
)
def test_a_module_that_cannot_be_imported_is_refused(
    text: str, reason: str, tmp_path: Path, interpreter: tools.Interpreter
) -> None:
    own = package(tmp_path / "own", text)
    with pytest.raises(BundleError, match=r"The function would not start: ") as refused:
        smoke_test.check(
            ["omnipub", "omnipub.handler"], own=own, packages=tmp_path / "packages", interpreter=interpreter
        )
    assert reason in refused.value.message
    assert refused.value.hint


def test_a_client_that_cannot_be_made_is_refused(tmp_path: Path, interpreter: tools.Interpreter) -> None:
    own = package(tmp_path / "own", "")
    session = "class Session:\n    def create_client(self, service, **_):\n        raise KeyError(f'no {service}')\n"
    (tmp_path / "packages" / "botocore").mkdir(parents=True)
    (tmp_path / "packages" / "botocore" / "__init__.py").write_text("")
    (tmp_path / "packages" / "botocore" / "session.py").write_text(session)
    with pytest.raises(BundleError, match=r"The function would not start: .*no dynamodb"):
        smoke_test.check(["omnipub"], own=own, packages=tmp_path / "packages", interpreter=interpreter)


def test_modules_and_clients_that_work_pass(tmp_path: Path, interpreter: tools.Interpreter) -> None:
    own = package(tmp_path / "own", "import json\n")
    smoke_test.check(["omnipub", "omnipub.handler"], own=own, packages=tmp_path / "none", interpreter=interpreter)


def test_nothing_stays_of_a_bundle_that_would_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: tools.Interpreter
) -> None:
    assert interpreter.version

    def refuse(*_: object, **__: object) -> None:
        raise BundleError("The function would not start.", hint="-")

    monkeypatch.setattr(smoke_test, "check", refuse)
    with pytest.raises(BundleError, match="would not start"):
        build.bundle("scheduler", cache=tmp_path / "bundles")
    assert [path.name for path in (tmp_path / "bundles").iterdir() if path.name.startswith(("scheduler", "."))] == []
