"""Count modules, lines and functions: `python bench/tree_size.py [ROOT]`, for comparing two revisions of the tree."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

PARTS = ("src/omnipub", "src/omnipub_cli", "cdk")


def functions(path: Path) -> Iterator[int]:
    """The length of each function in lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def main() -> None:
    """Print one line for each part of the tree, as Markdown."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("| part | modules | lines | median module | longest module | functions | median | longest |")
    print("|---|---|---|---|---|---|---|---|")
    for part in PARTS:
        files = [path for path in (root / part).rglob("*.py") if not {"node_modules", "cdk.out"} & {*path.parts}]
        sizes = [len(path.read_text(encoding="utf-8").splitlines()) for path in files]
        lengths = [length for path in files for length in functions(path)]
        assert files, part
        print(
            f"| `{part}` | {len(files)} | {sum(sizes):,} | {median(sizes):g} | {max(sizes)} "
            f"| {len(lengths):,} | {median(lengths):g} | {max(lengths)} |"
        )


if __name__ == "__main__":
    main()
