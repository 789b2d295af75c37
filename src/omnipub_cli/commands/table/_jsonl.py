"""Files of JSON lines below a header: written whole or not at all, read without holding them in memory."""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from omnipub.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path


def write(
    file: Path,
    lines: Iterable[tuple[str, str]],
    header: Callable[[Mapping[str, int]], str],
    *,
    progress: Callable[[int], None],
) -> Counter[str]:
    """Write lines, each with its kind, below a header that counts them; how many of each kind there were.

    The file is readable by its user only, and appears under its name when it is whole.
    """
    body, whole = (file.with_name(f".{file.name}.{part}") for part in ("body", "partial"))
    kinds: Counter[str] = Counter()
    try:
        with _private(body) as below:
            for kind, line in lines:
                below.write(f"{line}\n")
                kinds[kind] += 1
                progress(kinds.total())
        with _private(whole) as out, body.open(encoding="utf-8") as below:
            out.write(f"{header(kinds)}\n")
            shutil.copyfileobj(below, out)
            out.flush()
            os.fsync(out.fileno())
        whole.replace(file)
    finally:
        for part in (body, whole):
            part.unlink(missing_ok=True)
    return kinds


def read(file: Path) -> Iterator[str]:
    """The file's lines.

    Raises:
        NotFoundError: There is no such file.
        InvalidInputError: It is not UTF-8.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", hint="Make one with: omnipub table export FILE.jsonl")
    try:
        with file.open(encoding="utf-8") as opened:
            yield from (line.removesuffix("\n") for line in opened)
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{file} is not UTF-8.", hint="Make an export with: omnipub table export FILE.jsonl"
        ) from error


def _private(file: Path) -> TextIO:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")
