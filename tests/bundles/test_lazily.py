"""A package that imports all it offers, imports each name when it is asked for; all names stay what they were."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError
from omnipub_cdk.bundling.lazily import lazy
from omnipub_cdk.bundling.tables import LAZY

OFFERED = """
import importlib, types
packages = {packages!r}
for package in packages:
    module = importlib.import_module(package)
    assert module._LAZY, package
    for name in module.__all__:
        try:
            found = getattr(module, name)
        except ModuleNotFoundError as error:
            assert error.name.partition(".")[0] == "aws_xray_sdk", error
            continue
        assert not isinstance(found, types.ModuleType), (package, name)
    try:
        module.nothing_of_that_name
    except AttributeError:
        pass
    else:
        raise AssertionError(package)
print("all")
"""


def test_every_name_that_powertools_offers_is_still_there(
    built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    assert run(OFFERED.format(packages=LAZY), built("api")) == "all\n"


def test_only_what_is_passed_on_becomes_lazy() -> None:
    source = "from a.b import C, D\nfrom .module import module\nfrom x import used\nfrom y import Z as z\nused()\n"
    made = lazy(source, "a", {"module"})
    assert "_LAZY = {'C': 'a.b', 'D': 'a.b'}" in made
    assert made.startswith("from .module import module\nfrom x import used\nfrom y import Z as z\nused()")


def test_a_relative_import_is_resolved_from_the_package(tmp_path: Path, run: Callable[..., str]) -> None:
    package = tmp_path / "offering"
    package.mkdir()
    (package / "inner.py").write_text("Thing = 'the thing'\n")
    (package / "__init__.py").write_text(lazy("from .inner import Thing\n", "offering", {"inner"}))
    program = "import sys, offering; print('offering.inner' in sys.modules, offering.Thing, offering.Thing)"
    assert run(program, tmp_path) == "False the thing the thing\n"


def test_a_package_with_nothing_to_pass_on_is_out_of_date_in_the_table() -> None:
    with pytest.raises(BundleError, match="a has no names that could be imported later"):
        lazy("x = 1\n", "a", set())
