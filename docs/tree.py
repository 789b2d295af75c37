"""Draw the tree of packages, each with the first sentence of its docstring."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent

ORDER = (
    "src/omnipub_cli",
    "cdk/omnipub_cdk",
    "src/omnipub/onebox",
    "src/omnipub/sandbox",
    "src/omnipub/handlers",
    "src/omnipub/wiring",
    "src/omnipub/adapters",
    "src/omnipub/channels",
    "src/omnipub/seed",
    "src/omnipub/services",
    "src/omnipub/storage",
    "src/omnipub/ports",
    "src/omnipub/domain",
    "src/omnipub/loopback",
)
"""From the top layer down, as the contracts in pyproject.toml have it."""


def drawn() -> str:
    """The tree as a Markdown table: package, number of its modules, what it is."""
    lines = ["| package | modules | what it is |", "|---|---|---|"]
    for top in ORDER:
        packages = sorted(path.parent for path in (ROOT / top).rglob("__init__.py"))
        lines += [_row(package) for package in packages]
    return "\n".join(lines)


def _row(package: Path) -> str:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = len([path for path in package.glob("*.py") if not path.name.startswith("__")])
    return f"| `{package.relative_to(ROOT).as_posix()}` | {modules} | {text.splitlines()[0]} |"
