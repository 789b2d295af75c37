"""What is shipped follows from the imports, and what stays behind is named."""

from pathlib import Path

import pytest

from omnipub_cdk.bundling import BundleError
from omnipub_cdk.bundling.closure import closure_of
from omnipub_cdk.bundling.tables import ENTRIES

ROOT = Path(__file__).parents[2]
PACKAGES = {f"omnipub/adapters/{name}__init__": "" for name in ("", "local/", "local/sqlite/")}


def checkout(folder: Path, **files: str) -> Path:
    """A package omnipub whose worker is the text given, with the other modules beside it."""
    for name, text in {"omnipub/__init__": "", "omnipub/handlers/__init__": "", **files}.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("function", ENTRIES)
def test_a_bundle_holds_the_entry_and_neither_the_command_line_nor_the_one_machine_system(function: str) -> None:
    modules = closure_of(function, ROOT / "src").modules
    assert ENTRIES[function] in modules
    assert "omnipub.wiring.aws" in modules
    above = ("omnipub.onebox", "omnipub.sandbox", "omnipub_cli")
    assert [name for name in modules if name.startswith(above)] == []


@pytest.mark.parametrize("function", ENTRIES)
def test_no_function_carries_what_only_one_machine_or_an_operator_uses(function: str) -> None:
    closure = closure_of(function, ROOT / "src")
    machine = ("omnipub.adapters.local.sqlite.database", "omnipub.adapters.directory_", "omnipub.adapters.local.vault")
    operator = (
        "omnipub.adapters.aws.kinesis_reader",
        "omnipub.adapters.aws.s3_parked",
        "omnipub.services.stream.replay",
    )
    assert [name for name in sorted(closure.modules) if name.startswith((*machine, *operator))] == []
    assert "cryptography" not in closure.packages


def test_only_the_api_needs_pydantic() -> None:
    needing = {name for name in ENTRIES if "pydantic" in closure_of(name, ROOT / "src").packages}
    assert needing == {"api"}


def test_imports_are_followed_into_functions_and_through_packages(tmp_path: Path) -> None:
    sources = checkout(
        tmp_path,
        **{
            "omnipub/handlers/worker": "from omnipub import first\ndef late():\n    import omnipub.deep.second\n",
            "omnipub/first": "from zoneinfo import ZoneInfo\n",
            "omnipub/deep/__init__": "import urllib3\n",
            "omnipub/deep/second": "",
            "omnipub/unused": "",
        },
    )
    closure = closure_of("worker", sources)
    shipped = {"first", "deep", "deep.second", "handlers", "handlers.worker"}
    assert set(closure.modules) == {"omnipub", *(f"omnipub.{name}" for name in shipped)}
    assert closure.packages == {"tzdata", "urllib3"}


def test_what_only_a_type_checker_reads_is_not_shipped(tmp_path: Path) -> None:
    guarded = "if TYPE_CHECKING:\n    from omnipub import first\nelse:\n    import urllib3\n"
    text = f"from typing import TYPE_CHECKING\n{guarded}"
    closure = closure_of("worker", checkout(tmp_path, **{"omnipub/handlers/worker": text, "omnipub/first": ""}))
    assert "omnipub.first" not in closure.modules
    assert closure.packages == {"urllib3"}


@pytest.mark.parametrize(
    ("text", "shipped"),
    [
        ("def here():\n    from omnipub.adapters.local.sqlite.database import Database\n", False),
        ("from omnipub.adapters.local.sqlite.database import Database\n", True),
    ],
    ids=["inside a function", "at the start"],
)
def test_a_module_of_one_machine_is_shipped_only_if_the_start_needs_it(
    tmp_path: Path,
    text: str,
    shipped: bool,  # noqa: FBT001  a parameter's value
) -> None:
    files = {"omnipub/handlers/worker": text, **PACKAGES, "omnipub/adapters/local/sqlite/database": ""}
    modules = closure_of("worker", checkout(tmp_path, **files)).modules
    assert ("omnipub.adapters.local.sqlite.database" in modules) is shipped


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import rich\n", r"worker\.py imports rich, and bundling/tables\.py does not say"),
        ("import omnipub.gone\n", r"omnipub\.gone is imported on the way from omnipub\.handlers\.worker and is not in"),
    ],
)
def test_an_import_that_leads_nowhere_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence) as refused:
        closure_of("worker", checkout(tmp_path, **{"omnipub/handlers/worker": text}))
    assert refused.value.hint
