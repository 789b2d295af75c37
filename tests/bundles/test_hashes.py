"""Every wheel in a bundle is one whose digest stands in the repository."""

import re
from collections.abc import Callable
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError, build, hashes, libraries, pins, tools
from omnipub_cdk.bundling.tables import ENTRIES

ROOT = Path(__file__).parents[2]
TEXT = hashes.FILE.read_text(encoding="utf-8")
PINNED = pins.read(ROOT / "pyproject.toml")


def without(name: str) -> str:
    """The committed digests, those of one package taken away."""
    entries = re.split(r"(?m)^(?=\S)", TEXT)
    kept = [entry for entry in entries if not entry.startswith(f"{name}==")]
    assert len(kept) == len(entries) - 1
    return "".join(kept)


def test_the_digests_are_of_the_versions_that_are_pinned() -> None:
    hashes.check(TEXT, PINNED)
    found = hashes.read(TEXT)
    assert {pins.normal(name) for name in build.packages_of_all()} <= set(found)
    assert all(digests for _, digests in found.values())


def test_no_host_is_named() -> None:
    assert "http" not in TEXT
    assert "index" not in TEXT.lower()


def test_the_digests_cover_exactly_what_is_in_the_bundles(built: Callable[[str], Path]) -> None:
    bundled = {
        (pins.normal(one.name), one.version)
        for function in ENTRIES
        for one in map(PathDistribution, sorted(built(function).glob("*.dist-info")))
    }
    assert bundled == {(name, version) for name, (version, _) in hashes.read(TEXT).items()}


def test_digests_of_another_version_are_refused_with_the_command_that_renews_them() -> None:
    with pytest.raises(BundleError, match=r"hashes\.txt has digests of versions .* regex") as refused:
        hashes.check(TEXT, PINNED | {"regex": "1.0"})
    assert "--renew-hashes" in refused.value.hint


@pytest.mark.parametrize("text", ["", "regex==1.0\n", "regex==1.0 \\\n    --hash=md5:00\n"])
def test_a_file_without_digests_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match=r"hashes\.txt has no digests of: (regex|anything)"):
        hashes.read(text)


def test_other_bytes_than_the_digests_name_are_not_installed(interpreter: tools.Interpreter, tmp_path: Path) -> None:
    version, digests = hashes.read(TEXT)["six"]
    text = f"six=={version} \\\n    --hash=sha256:{'0' * 64}\n"
    assert digests
    with pytest.raises(BundleError, match=r"is not what hashes\.txt names") as refused:
        libraries.fetch([f"six=={version}"], PINNED, interpreter, platform=None, into=tmp_path / "x", digests=text)
    assert "the package was replaced" in refused.value.hint
    assert not list((tmp_path / "x").glob("six*"))


def test_what_a_package_needs_must_have_a_digest_as_well(interpreter: tools.Interpreter, tmp_path: Path) -> None:
    version, _ = hashes.read(TEXT)["python-dateutil"]
    wanted = [f"python-dateutil=={version}"]
    with pytest.raises(BundleError, match=r"is not what hashes\.txt names"):
        libraries.fetch(wanted, PINNED, interpreter, platform=None, into=tmp_path / "x", digests=without("six"))
    libraries.fetch(wanted, PINNED, interpreter, platform=None, into=tmp_path / "y", digests=TEXT)
    assert list((tmp_path / "y").glob("six*"))
