"""What Python compiles at every start though it never changes, compiled once: while the bundle is built.

The methods of each dataclass are text that `dataclasses` compiles, each annotation in quotes is text that `typing`
compiles, and each regular expression is compiled by `re`: together a third of a function's start. The bundle carries
what those compilations gave, by the text they start from. What is not among them, and everything after an update of
Python that changed a format, is compiled as ever. The hook's other line is about garbage: what a program makes while
it is imported stays, so looking for garbage after every 2,000 objects is a tenth of a start for nothing.
"""

import subprocess
from pathlib import Path

from omnipub_cdk.bundling.bytecode import environment
from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import OPERATIONS
from omnipub_cdk.bundling.tools import Interpreter

NAME = "omnipub_ahead"

HOOK = '''"""Written by the bundle's build; why and how stands in cdk/omnipub_cdk/bundling/ahead.py."""

import gc

gc.set_threshold(50_000, 20, 50)

import dataclasses
import marshal
import re
import typing
from importlib.util import MAGIC_NUMBER

import _sre

FORMAT = MAGIC_NUMBER + _sre.MAGIC.to_bytes(8, "big")


def _read():
    with open(__file__.removesuffix(".py") + ".bin", "rb") as file:
        kept = file.read()
    return marshal.loads(kept[len(FORMAT) :]) if kept.startswith(FORMAT) else ({}, {}, {})


_methods, _annotations, _patterns = _read()
_pattern_of = re._compiler.compile


def _exec(source, into, names):
    exec(_methods.get(source, source), into, names)


def _compile(source, file, mode):
    return _annotations.get(source) or compile(source, file, mode)


def _pattern(source, flags=0):
    ready = _patterns.get((source, flags))
    return _pattern_of(source, flags) if ready is None else _sre.compile(*ready)


dataclasses.exec = _exec
typing.compile = _compile
re._compiler.compile = _pattern
'''

PRELUDE = f"import {NAME}  # written by the bundle's build\n"

# Imports every module of omnipub, as this machine can, and makes each client; notes what is compiled meanwhile.
_COLLECT = """
import dataclasses, importlib, marshal, re, sys, typing
from pathlib import Path
own, packages, *services = sys.argv[1:]
sys.path[:0] = [own, packages]
methods, annotations, patterns = set(), set(), set()
pattern_of = re._compiler.compile
import omnipub_ahead
def method(source, into, names):
    methods.add(source)
    exec(source, into, names)
def annotation(source, file, mode):
    annotations.add(source)
    return compile(source, file, mode)
def pattern(source, flags=0):
    if type(source) in (str, bytes):
        patterns.add((source, int(flags)))
    return pattern_of(source, flags)
dataclasses.exec, typing.compile, re._compiler.compile = method, annotation, pattern
for path in sorted(Path(own, "omnipub").rglob("*.py")):
    importlib.import_module(".".join(path.relative_to(own).with_suffix("").parts).removesuffix(".__init__"))
if Path(packages, "botocore").is_dir():
    from botocore.session import Session
    session = Session()
    for service in services:
        session.create_client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
found = sorted(methods), sorted(annotations), sorted(patterns, key=repr)
sys.stdout.buffer.write(marshal.dumps(found, 2))
"""

# A process of its own: marshal writes an object once or twice by who else refers to it.
_COMPILE = """
import _sre, marshal, re, sys
sys.path.insert(0, sys.argv[1])
from omnipub_ahead import FORMAT
texts, annotations, patterns = marshal.load(sys.stdin.buffer)
class Tap:
    CODESIZE, MAGIC = _sre.CODESIZE, _sre.MAGIC
    def __getattr__(self, name): return getattr(_sre, name)
    def compile(self, *parts): return parts
re._compiler._sre = Tap()
def plain(pattern, flags, code, groups, names, indexes):
    return pattern, int(flags), [int(word) for word in code], groups, dict(names), indexes
import omnipub_ahead
made = (
    {text: compile(text, "<string>", "exec", dont_inherit=True) for text in texts},
    {text: compile(text, "<string>", "eval", dont_inherit=True) for text in annotations},
    {(text, flags): plain(*omnipub_ahead._pattern_of(text, flags)) for text, flags in patterns},
)
sys.stdout.buffer.write(FORMAT + marshal.dumps(made))
"""


def hook(own: Path) -> None:
    """Write the hook beside omnipub in the folder `own`, with nothing compiled yet."""
    (own / f"{NAME}.py").write_text(HOOK, encoding="utf-8")
    (own / f"{NAME}.bin").touch()
    init = own / "omnipub" / "__init__.py"
    init.write_text(f"{init.read_text(encoding='utf-8')}\n{PRELUDE}", encoding="utf-8")


def fill(own: Path, packages: Path, interpreter: Interpreter) -> None:
    """Compile what omnipub in `own` will, with `packages` as this machine can import them, into the hook's file.

    Raises:
        BundleError: A module of omnipub cannot be imported, or a client cannot be made; says why.
    """
    found = _run(interpreter, _COLLECT, own, packages, *OPERATIONS)
    (own / f"{NAME}.bin").write_bytes(_run(interpreter, _COMPILE, own, given=found))


def _run(interpreter: Interpreter, program: str, *arguments: Path | str, given: bytes = b"") -> bytes:
    done = subprocess.run(  # noqa: S603  the interpreter that was found, with our own program
        [interpreter.path, "-S", "-s", "-B", "-c", program, *arguments],
        input=given,
        env=environment(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BundleError(
            f"The function would not start: {' … '.join(said[-3:])}",
            hint="Try .venv/bin/python -c 'import omnipub.wiring.aws, omnipub.handlers.api.app'; it says the same.",
        )
    return done.stdout
