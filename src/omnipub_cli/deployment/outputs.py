"""The outputs of a stage's stacks, and the copy of them in build/."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from omnipub.strict_json import loads
from omnipub_cli.deployment.ports import Stacks
from omnipub_cli.deployment.stacks import name_of, placed, region_of

Outputs = Mapping[str, Mapping[str, str]]
"""Stack's short name → its outputs."""

EXPORTS = "Export"
"""What the names of outputs begin with that stacks only hand to each other."""


def gathered(stacks_in: Mapping[str, Stacks], *, stage: str, region: str) -> Outputs:
    """The outputs of all stacks that are there; `stacks_in` are CloudFormations by region."""
    found = {short: stacks_in[region_of(short, region)].find(name_of(short, stage)) for short in placed(region)}
    return {
        short: {name: value for name, value in stack.outputs.items() if not name.startswith(EXPORTS)}
        for short, stack in found.items()
        if stack
    }


class Cache:
    """The copies of a checkout, a file for each stage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, stage: str, document: Mapping[str, Any]) -> Path:
        """Keep what was seen; the file is there whole or as it was before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        final = self._folder / f"{stage}.json"
        handle, aside = tempfile.mkstemp(prefix=f".{stage}-", dir=self._folder)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(document, file, indent=2)
            Path(aside).replace(final)
        finally:
            with suppress(FileNotFoundError):
                Path(aside).unlink()
        return final

    def read(self, stage: str) -> dict[str, Any] | None:
        """What was kept, None if nothing was."""
        try:
            document = loads((self._folder / f"{stage}.json").read_text(), lenient=True)
        except FileNotFoundError:
            return None
        return dict(document)
