"""Files of messages on this machine: their format by their name, and the images that rows name."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from omnipub.services.bulk.formats import Format

Form = Annotated[
    Literal["csv", "jsonl"] | None, typer.Option("--format", help="What the file is, where its name does not say it.")
]

KINDS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


def format_of(name: str, wanted: str | None) -> Format:
    """The format that was asked for, or else that the file's name ends in.

    Raises:
        InvalidInputError: Neither says it.
    """
    from omnipub.services.bulk.formats import Format

    name_given = wanted or Path(name).suffix.lower().removeprefix(".")
    if name_given not in set(Format):
        raise InvalidInputError(
            f"Its name does not say what {name} is.", hint="Name it .csv or .jsonl, or add --format csv|jsonl."
        )
    return Format(name_given)


def bytes_of(name: str, *, most: int) -> bytes:
    """What is in the file.

    Raises:
        InvalidInputError: It cannot be read, or is larger than `most` bytes.
    """
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InvalidInputError(
            f"The file {name} cannot be read: {error.strerror}.", hint="Check its path and permissions."
        ) from error
    if len(data) > most:
        raise InvalidInputError(f"The file {name} has more than {most:,} bytes.", hint="Split it.")
    return data


def pictures_in(directory: Path) -> Callable[[str], bytes]:
    """Reads images below `directory`, and nowhere else: a file of rows may come from somebody else."""
    from omnipub.domain.images import PICTURE_BYTES_AT_MOST

    root = directory.resolve()

    def read(name: str) -> bytes:
        path = (root / name).resolve() if "\0" not in name else root
        if not path.is_relative_to(root):
            raise InvalidInputError(f"It does not lie in {directory}.", hint="Say where images lie with --images DIR.")
        if not path.is_file():
            raise InvalidInputError(f"There is no such image in {directory}.")
        return bytes_of(str(path), most=PICTURE_BYTES_AT_MOST)

    return read


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file that stands under its name when it is whole, and only then; nobody else may read it.

    Raises:
        InvalidInputError: It cannot be written there.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InvalidInputError(
            f"The file {path} cannot be written: {error.strerror}.", hint="Choose another place."
        ) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
