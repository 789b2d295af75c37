"""Files of rows: CSV as spreadsheets write it, and JSON lines.

CSV is RFC 4180 and what Excel makes of it. That is commas, semicolons or tabs, a `sep=` line, a byte order mark, and
headings in any case. Rows and columns may be empty.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from enum import StrEnum

from omnipub.errors import InvalidInputError
from omnipub.services.bulk.row import FIELDS, Row, RowProblem, cells_of, fields_in, object_of, row_of
from omnipub.strict_json import JsonError, loads

FILE_BYTES_AT_MOST = 100 * 1024 * 1024
ROWS_AT_MOST = 50_000
"""More would be held in memory at once; split the file."""

_FIELD_CHARACTERS = 1_000_000
"""More than any message may have, so that a missing quote is found before the end of the file."""

BYTE_ORDER_MARK = "\ufeff"
"""By it Excel knows a file for UTF-8."""

_BOM = BYTE_ORDER_MARK.encode()
_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_NEEDED = "channels"

Read = Row | list[RowProblem]


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def read(data: bytes, form: Format) -> list[Read]:
    """Every row, or what is wrong with it, in order.

    Raises:
        InvalidInputError: The file as a whole cannot be read, or holds no rows or too many.
    """
    if len(data) > FILE_BYTES_AT_MOST:
        raise InvalidInputError(
            f"The file has {len(data):,} bytes; at most {FILE_BYTES_AT_MOST:,} are read.", hint="Split it."
        )
    if data.startswith(_WIDE):
        raise InvalidInputError("The file is UTF-16.", hint="Save it as UTF-8; in Excel as 'CSV UTF-8'.")
    rows: list[Read] = []
    for row in (_csv if form is Format.CSV else _jsonl)(data.removeprefix(_BOM)):
        if len(rows) == ROWS_AT_MOST:
            raise InvalidInputError(f"The file has more than {ROWS_AT_MOST:,} rows.", hint="Split it.")
        rows.append(row)
    if not rows:
        raise InvalidInputError("The file has no rows.", hint=f"A row has: {', '.join(FIELDS)}.")
    return rows


def heading(form: Format, separator: str = ",") -> str:
    """What stands above the rows."""
    return _written(list(FIELDS), separator) if form is Format.CSV else ""


def line_of(row: Row, form: Format, separator: str = ",") -> str:
    """The row with its line end; in CSV its texts may have line ends of their own."""
    if form is Format.CSV:
        return _written(cells_of(row), separator)
    return json.dumps(object_of(row), ensure_ascii=False) + "\n"


def _written(cells: list[str], separator: str) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\r\n", delimiter=separator).writerow(cells)
    return target.getvalue()


def _csv(data: bytes) -> Iterator[Read]:
    # Bytes that are no UTF-8 become half characters, which are found where they stand.
    text = data.decode(errors="surrogateescape")
    csv.field_size_limit(_FIELD_CHARACTERS)
    separator, start = _separator_of(text)
    reader = csv.reader(io.StringIO(text[start:], newline=""), strict=True, delimiter=separator)
    above = 1 if start else 0
    names: list[str] = []
    while True:
        line = reader.line_num + above + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if not names:
                raise InvalidInputError(f"The file's heading is not CSV: {error}.") from error
            plain = f"It is not CSV: {error}. What follows it was not read."
            yield [RowProblem(line=line, field="", sentence=plain)]
            return
        if cells is None:
            return
        if not names:
            names = _names(cells)
        elif any(cell.strip() for cell in cells):  # spreadsheets write rows that have only separators
            yield _row(line, names, cells)


def _separator_of(text: str) -> tuple[str, int]:
    """The separator of a CSV file, and where its heading begins.

    A `sep=` line names it; else it is the one that divides the heading into columns of ours.

    Raises:
        InvalidInputError: The `sep=` line names another.
    """
    named = _SEPARATOR_LINE.match(text)
    if named:
        if named[1] not in _SEPARATORS:
            raise InvalidInputError(
                f"The file is separated by {named[1]!r}.", hint="Separate it by commas, semicolons or tabs."
            )
        return named[1], named.end()
    counts = {one: _known_columns(text, one) for one in _SEPARATORS}
    return max(_SEPARATORS, key=lambda one: counts[one]), 0


def _known_columns(text: str, separator: str) -> int:
    """How many columns of ours the heading has, if it is divided by the separator."""
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return 0
    return sum(_name_of(cell) in FIELDS for cell in cells)


def _name_of(cell: str) -> str:
    """A column's name as we write it: spreadsheets and people write `Link Title` too."""
    return "_".join(cell.strip().lower().replace("-", " ").split())


def _names(cells: list[str]) -> list[str]:
    """The columns that the heading names; behind them there may be some without a name.

    Raises:
        InvalidInputError: Unknown ones, one twice, or none for the channels.
    """
    names = [_name_of(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    allowed = f"Columns may be: {', '.join(FIELDS)}."
    unknown = [cell.strip() for cell, name in zip(cells, names, strict=False) if name not in FIELDS]
    if unknown:
        raise InvalidInputError(f"There is no column {', '.join(repr(name) for name in unknown)}.", hint=allowed)
    if len(set(names)) < len(names):
        raise InvalidInputError("A column stands in the heading twice.", hint=allowed)
    if _NEEDED not in names:
        raise InvalidInputError(f"There is no column '{_NEEDED}'; where should the messages go?", hint=allowed)
    return names


def _row(line: int, names: list[str], cells: list[str]) -> Read:
    while len(cells) > len(names) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(names):
        plain = f"It has {len(cells)} cells; the heading has {len(names)}."
        return [RowProblem(line=line, field="", sentence=plain)]
    try:
        fields = fields_in(dict(zip(names, cells, strict=True)))
    except ValueError as error:
        name, sentence = error.args
        return [RowProblem(line=line, field=name, sentence=sentence)]
    return row_of(line, fields)


def _jsonl(data: bytes) -> Iterator[Read]:
    for line, written in enumerate(data.split(b"\n"), 1):
        if written.strip():
            yield _object(line, written.decode(errors="surrogateescape"))


def _object(line: int, written: str) -> Read:
    try:
        document = loads(written)
    except JsonError as error:
        field, _, _ = error.where.partition(".")
        return [RowProblem(line=line, field=field, sentence=f"It is not JSON: {error}.")]
    if not isinstance(document, dict):
        return [RowProblem(line=line, field="", sentence="It must be a JSON object.")]
    return row_of(line, document)
