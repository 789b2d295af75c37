"""The same sources give the same bytes wherever and whenever they are built; what Lambda gets is small and complete."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub_cdk import runtime_python
from omnipub_cdk.bundling import BundleError, build, bundle, source_tree, tools
from omnipub_cdk.bundling.tables import ENTRIES

LARGEST = 9_000_000
"""Bytes of a zip; Lambda unpacks it at every cold start."""

UNCHECKED = (1).to_bytes(4, "little")


@pytest.mark.usefixtures("interpreter")
def test_two_builds_in_two_folders_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (bundle("scheduler", cache=tmp_path / name) for name in ("one", "another/folder"))
    assert one != two
    assert source_tree.digest(one) == source_tree.digest(two)
    assert source_tree.zipped(one, tmp_path / "1.zip") == source_tree.zipped(two, tmp_path / "2.zip")
    assert not [path for path in one.rglob("*") if path.is_file() and str(tmp_path).encode() in path.read_bytes()]
    assert {path.stat().st_mode & 0o777 for path in one.rglob("*") if path.is_file()} == {0o644}


@pytest.mark.usefixtures("interpreter")
@pytest.mark.parametrize("function", ENTRIES)
def test_a_bundle_for_arm_is_small_and_its_libraries_are_for_arm(function: str, tmp_path: Path) -> None:
    folder = bundle(function)
    packed = tmp_path / "bundle.zip"
    source_tree.zipped(folder, packed)
    assert packed.stat().st_size < LARGEST
    libraries = [path.name for path in folder.rglob("*.so")]
    assert libraries
    assert all("aarch64" in name or "abi3" in name for name in libraries)


@pytest.mark.parametrize("function", ENTRIES)
def test_every_source_has_bytecode_that_is_read_without_a_look_at_the_source(
    function: str, built: Callable[[str], Path], interpreter: tools.Interpreter
) -> None:
    folder = built(function)
    magic = subprocess.run(  # noqa: S603  the interpreter that compiled
        [interpreter.path, "-c", "import sys, importlib.util as u; sys.stdout.buffer.write(u.MAGIC_NUMBER)"],
        capture_output=True,
        check=True,
    ).stdout
    sources = sorted(folder.rglob("*.py"))
    assert len(sources) > 250
    for source in sources:
        bytecode = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        assert bytecode.read_bytes()[:8] == magic + UNCHECKED, source
    assert len(sources) == len(list(folder.rglob("*.pyc")))


def test_bytecode_names_its_file_as_lambda_mounts_it(built: Callable[[str], Path]) -> None:
    for name in ("omnipub/errors", "botocore/errorfactory"):
        path = built("scheduler") / f"{name}.py"
        bytecode = (path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc").read_bytes()
        assert f"/var/task/{name}.py".encode() in bytecode


def test_a_digest_sees_names_and_contents_and_not_dates(tmp_path: Path) -> None:
    def made(name: str, content: bytes) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / name).write_bytes(content)
        return source_tree.digest(folder)

    assert made("a", b"x") == made("a", b"x")
    assert len({made("a", b"x"), made("b", b"x"), made("a", b"y"), made("ax", b"")}) == 4


def test_a_second_build_is_taken_from_the_cache(monkeypatch: pytest.MonkeyPatch, built: Callable[[str], Path]) -> None:
    first = built("scheduler")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing changed, so nothing is installed")

    monkeypatch.setattr("omnipub_cdk.bundling.libraries.install", refuse)
    assert built("scheduler") == first


def test_the_cache_keeps_what_was_used_last(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        folder.mkdir()

    made = [build._kept(tmp_path, "api-arm64", str(number), fill) for number in range(build.KEPT)]
    for age, folder in enumerate(made):
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    other = build._kept(tmp_path, "api-x86_64", "0", fill)
    newest = build._kept(tmp_path, "api-arm64", "new", fill)
    assert sorted(tmp_path.iterdir()) == sorted([*made[:-1], newest, other])


@pytest.mark.usefixtures("interpreter")
def test_without_network_and_cache_it_says_what_is_missing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    with pytest.raises(BundleError, match=r"could not be fetched for aarch64.*botocore==") as refused:
        bundle("scheduler", cache=tmp_path / "bundles")
    assert "python -m omnipub_cdk.bundling" in refused.value.hint
    assert list((tmp_path / "bundles").iterdir()) == []


@pytest.mark.parametrize(
    ("function", "architecture", "allowed"),
    [("apis", "arm64", "api, worker, sender, scheduler, delay, sandbox"), ("api", "riscv", "arm64, x86_64")],
)
def test_a_wrong_word_is_answered_with_the_right_ones(function: str, architecture: str, allowed: str) -> None:
    with pytest.raises(BundleError) as refused:
        bundle(function, architecture=architecture)
    assert allowed in refused.value.hint


def test_without_the_runtimes_python_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runtime_python, "_candidates", lambda _: iter([tmp_path / "python3.13"]))
    with pytest.raises(BundleError, match=r"No Python 3\.13 was found") as refused:
        tools.interpreter()
    assert "uv python install 3.13" in refused.value.hint
    monkeypatch.setenv(runtime_python.VARIABLE, str(tmp_path / "python"))
    with pytest.raises(BundleError, match=rf"{runtime_python.VARIABLE} names .*/python, which is not a CPython 3\.13"):
        tools.interpreter()
