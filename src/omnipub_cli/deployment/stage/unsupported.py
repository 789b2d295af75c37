"""Commands that make no sense on a stage on AWS: what is said of each, and what to type instead."""

from collections.abc import Mapping

from omnipub.errors import InvalidInputError
from omnipub.names import PRODUCTION

REFUSED: Mapping[str, tuple[str, str]] = {
    "up": (
        "`up` runs omnipub on this machine; stage {stage} runs by itself.",
        "See how it stands: omnipub status --stage {stage}",
    ),
    "demo": ("`demo` happens in a directory of this machine, on no stage.", "Leave it out: omnipub demo --stage local"),
    "table backup": (
        "`table backup` copies the file of this machine's table, and stage {stage} has its table in DynamoDB.",
        "Write its items to a file: omnipub table export all.jsonl --stage {stage}",
    ),
    "table restore": (
        "`table restore` puts back a file of this machine; DynamoDB restores into a new table, which is then adopted.",
        "See what that takes: docs/runbooks.md",
    ),
    "table import": (
        "`table import` fills a table that nothing works on, and the functions of stage {stage} never pause.",
        "Bring it in on this machine: omnipub table import FILE --stage local",
    ),
}
"""Command → its sentence, and what to do."""

REFUSED_IN_PRODUCTION: Mapping[str, tuple[str, str]] = {
    "table seed": (
        "Nothing invented is put into the table of stage {stage}: real publications live there.",
        "Name another stage: omnipub table seed --stage dev",
    ),
}


def check(command: str, stage: str) -> None:
    """Go on only with what makes sense on a stage; `command` is its path without the program's name.

    Raises:
        InvalidInputError: It makes no sense there.
    """
    refusal = REFUSED.get(command) or (REFUSED_IN_PRODUCTION.get(command) if stage == PRODUCTION else None)
    if refusal:
        sentence, hint = refusal
        raise InvalidInputError(sentence.format(stage=stage), hint=hint.format(stage=stage))
