"""A bundle holds what pyproject.toml pins, in that version, and nothing else."""

from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError, pins
from omnipub_cdk.bundling.closure import closure_of
from omnipub_cdk.bundling.tables import ENTRIES

ROOT = Path(__file__).parents[2]


def installed(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_every_package_of_every_function_is_pinned() -> None:
    pinned = pins.read(ROOT / "pyproject.toml")
    assert pinned
    for function in ENTRIES:
        packages = closure_of(function, ROOT / "src").packages
        wanted = pins.requirements(packages, pinned)
        assert len(wanted) == len(packages) > 0
        assert all("==" in one for one in wanted)


def test_a_range_is_no_pin(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.uv]\nconstraint-dependencies = ["regex>=1"]\n')
    with pytest.raises(BundleError, match=r"'regex>=1' .* is not an exact pin"):
        pins.read(path)


def test_a_package_without_a_pin_is_named() -> None:
    with pytest.raises(BundleError, match=r"Not pinned in pyproject\.toml: python-ulid"):
        pins.requirements(["python-ulid", "regex"], {"regex": "1"})


@pytest.mark.parametrize("version", ["2.0", None], ids=["another version", "no pin"])
def test_what_was_installed_beside_the_pins_is_refused(tmp_path: Path, version: str | None) -> None:
    installed(tmp_path, "annotated_types", "1.0")
    pinned = {} if version is None else {"annotated-types": version}
    with pytest.raises(BundleError, match=r"Not pinned in pyproject\.toml: annotated_types 1\.0"):
        pins.check(tmp_path, pinned)
    pins.check(tmp_path, {"annotated-types": "1.0"})
