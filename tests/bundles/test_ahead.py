"""What was compiled ahead is what Python would compile, and Python compiles what was not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError, ahead, tools
from omnipub_cdk.bundling.tables import ENTRIES

SAME = """
import omnipub_ahead as ahead, re, _sre
assert len(ahead._methods) > 50 and len(ahead._patterns) > 50 and ahead._annotations
for (text, flags), parts in ahead._patterns.items():
    assert _sre.compile(*parts) == ahead._pattern_of(text, flags), text
def parts(code):
    inner = [parts(one) if hasattr(one, "co_code") else one for one in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, inner
for texts, mode in ((ahead._methods, "exec"), (ahead._annotations, "eval")):
    for text, code in texts.items():
        assert parts(code) == parts(compile(text, "<string>", mode, dont_inherit=True)), text
print("same")
"""
COUNTED = """
import omnipub_ahead as ahead, dataclasses, builtins
compiled = []
original = ahead._methods
class Watched(dict):
    def get(self, text, otherwise=None):
        if text not in self: compiled.append(text)
        return super().get(text, otherwise)
ahead._methods = Watched(original)
import omnipub.wiring.aws, {module}
print(len(compiled))
"""


@pytest.mark.parametrize("function", ["api", "worker"])
def test_all_that_is_kept_is_what_python_compiles_itself(
    function: str, built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    assert run(SAME, built(function)) == "same\n"


@pytest.mark.parametrize("function", ["api", "worker"])
def test_no_dataclass_is_compiled_at_the_start(
    function: str, built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    assert run(COUNTED.format(module=ENTRIES[function]), built(function)) == "0\n"


@pytest.mark.parametrize("kept", [b"", b"another format" * 50], ids=["nothing", "another format"])
def test_with_another_format_python_compiles_as_ever(
    kept: bytes, tmp_path: Path, built: Callable[[str], Path], run: Callable[..., str]
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(built("worker"), folder)
    (folder / f"{ahead.NAME}.bin").write_bytes(kept)
    said = run("import omnipub_ahead as a, omnipub.handlers.worker; print(len(a._methods), len(a._patterns))", folder)
    assert said == "0 0\n"


def test_a_function_that_would_not_start_is_not_built(tmp_path: Path, interpreter: tools.Interpreter) -> None:
    (tmp_path / "own" / "omnipub").mkdir(parents=True)
    (tmp_path / "own" / "omnipub" / "__init__.py").write_text("import gone_from_here\n")
    ahead.hook(tmp_path / "own")
    with pytest.raises(BundleError, match=r"The function would not start: .*gone_from_here"):
        ahead.fill(tmp_path / "own", tmp_path / "packages", interpreter)
