"""Find every condition in a source file, and compile the function around it with that condition taken out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
"""A bound that is off by one."""

CONDITIONAL_WRITES = frozenset({"Absent", "Unchanged", "replacing"})
"""What makes a write of the table conditional, as the second argument of a `put`."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One condition and what becomes of it.

    Attributes:
        file: Path of the source, from the repository's root.
        line: First line of the condition, from 1.
        function: Qualified name of the outermost function or method around it.
        kind: `true`, `false`, `without`, `bound` or `unconditional`.
        text: The condition as it stands in the source, on one line.
        number: Which node of the file it is, in the order of `ast.walk`.
    """

    file: str
    line: int
    function: str
    kind: str
    text: str
    number: int

    @property
    def name(self) -> str:
        """What stays the same while lines move: file, function, condition, change."""
        return f"{self.file}:{self.function}: {self.text} -> {self.kind}"


def mutants(root: Path, file: Path) -> list[Mutant]:
    """All mutants of a file; two of the same name differ in their line only."""
    tree = ast.parse(file.read_text())
    around = _functions(tree)
    found = []
    for number, node in enumerate(ast.walk(tree)):
        function = around.get(node)
        if function is None:
            continue
        found += [
            Mutant(
                file=file.relative_to(root).as_posix(),
                line=line,
                function=function,
                kind=kind,
                text=text,
                number=number,
            )
            for kind, line, text in _kinds(node)
        ]
    return found


def code_of(root: Path, mutant: Mutant) -> CodeType:
    """The compiled code of the mutant's outermost function."""
    path = root / mutant.file
    tree = ast.parse(path.read_text())
    node = next(one for number, one in enumerate(ast.walk(tree)) if number == mutant.number)
    tree = _Replace(node, _changed(node, mutant.kind)).visit(tree)
    module = compile(ast.fix_missing_locations(tree), str(path), "exec")
    return _code(module, mutant.function)


def _functions(tree: ast.Module) -> dict[ast.AST, str]:
    """Each node inside a function → the name of the outermost function around it."""
    around: dict[ast.AST, str] = {}

    def enter(body: list[ast.stmt], prefix: str) -> None:
        for statement in body:
            if isinstance(statement, ast.ClassDef):
                enter(statement.body, f"{prefix}{statement.name}.")
            elif isinstance(statement, ast.FunctionDef):
                inside = (node for part in statement.body for node in ast.walk(part))
                around.update(dict.fromkeys(inside, prefix + statement.name))

    enter(tree.body, "")
    return around


def _kinds(node: ast.AST) -> Iterator[tuple[str, int, str]]:
    for test in _tests(node):
        if not isinstance(node, ast.While):
            yield "true", test.lineno, _text(test)
        yield "false", test.lineno, _text(test)
    match node:
        case ast.BoolOp(values=values):
            # What stands last after `or` is a default for None: the type checker notices its absence.
            last = isinstance(node.op, ast.Or) and not isinstance(values[-1], ast.Compare | ast.BoolOp | ast.UnaryOp)
            for place, value in enumerate(values[:-1] if last else values):
                yield f"without {place}", value.lineno, f"{_text(node)} [{_text(value)}]"
        case ast.Compare(ops=[operator]) if type(operator) in BOUNDARIES:
            yield "bound", node.lineno, _text(node)
        case ast.Return(value=ast.Compare() as value):
            yield "true", node.lineno, _text(value)
            yield "false", node.lineno, _text(value)
        case ast.Call():
            if any(word.arg == "condition" and not _is_none(word.value) for word in node.keywords) or _put(node):
                yield "unconditional", node.lineno, _text(node)


def _tests(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [] if isinstance(test, ast.Constant) else [test]
        case ast.comprehension(ifs=[test]):
            return [test]
        case ast.match_case(guard=ast.expr() as guard):
            return [guard]
        case _:
            return []


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _changed(node: ast.AST, kind: str) -> ast.AST:
    constant = ast.Constant(value=kind == "true")
    match node:
        case ast.BoolOp(values=values) if kind.startswith("without"):
            del values[int(kind.removeprefix("without "))]
            return values[0] if len(values) == 1 else node
        case ast.Compare(ops=[operator]) if kind == "bound":
            node.ops = [BOUNDARIES[type(operator)]()]
        case ast.If() | ast.IfExp() | ast.While():
            node.test = constant
        case ast.comprehension():
            node.ifs = [constant]
        case ast.match_case():
            node.guard = constant
        case ast.Return():
            node.value = constant
        case ast.Call() if _put(node):
            del node.args[1]
        case ast.Call():
            node.keywords = [word for word in node.keywords if word.arg != "condition"]
        case _:
            raise AssertionError(f"nothing to change in {ast.dump(node)}")
    return node


def _put(node: ast.Call) -> bool:
    """Whether it is a `put` whose second argument makes it conditional."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="put"), args=[_, ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))]
        ):
            return name in CONDITIONAL_WRITES
        case _:
            return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _text(node: ast.expr) -> str:
    return " ".join(ast.unparse(node).split())


def _code(module: CodeType, qualified: str) -> CodeType:
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == qualified:
                return constant
            if qualified.startswith(f"{constant.co_qualname}."):
                return _code(constant, qualified)
    raise LookupError(qualified)
