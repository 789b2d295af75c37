"""No file name stands twice without a reason."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PAIRS: Sequence[tuple[str, str, str]] = (
    ("src/omnipub/ports/", "src/omnipub/adapters/", "an adapter has its port's name"),
    (
        "src/omnipub/adapters/aws/",
        "src/omnipub/adapters/local/",
        "two adapters of one port",
    ),
    ("src/omnipub/domain/", "src/omnipub/services/", "the decision, and the use case that acts on it"),
    ("src/omnipub/services/", "src/omnipub_cli/commands/", "the use case, and its command"),
    ("src/omnipub/domain/", "src/omnipub_cli/commands/", "the decision, and its command"),
    ("src/omnipub/adapters/", "src/omnipub_cli/commands/", "what it works on, and its command"),
    ("src/omnipub_cli/deployment/", "src/omnipub_cli/commands/", "the act, and its command"),
    ("src/omnipub_cli/commands/", "src/omnipub_cli/commands/", "the same verb of several groups, and its helper"),
    ("src/omnipub/channels/", "src/omnipub/sandbox/", "a network, and its sandbox"),
    ("src/omnipub/domain/", "src/omnipub/sandbox/", "what a network is, and how the sandbox plays it"),
    ("src/omnipub/channels/networks/", "src/omnipub/channels/networks/", "the same part of several networks"),
    ("src/omnipub/sandbox/networks/", "src/omnipub/sandbox/networks/", "the same part of several networks"),
    ("src/omnipub/handlers/", "cdk/omnipub_cdk/stacks/", "a function, and its stack"),
)
"""Two files may share a name if one stands below the first place and the other below the second: why."""

REASONS: Mapping[str, str] = {
    "app": "the application object of the API, of the command line and of CDK, as each of their fields calls it",
    "errors": "each package's own errors",
}
"""A name that may stand anywhere → why."""


def names() -> Mapping[str, Sequence[str]]:
    """Name without underscores → the files that have it."""
    found = defaultdict(list)
    for source in ("src", "cdk/omnipub_cdk"):
        for path in (ROOT / source).rglob("*.py"):
            if not path.name.startswith("__"):
                found[path.stem.strip("_")].append(path.relative_to(ROOT).as_posix())
    return found


TWICE = {name: files for name, files in sorted(names().items()) if len(files) > 1 and name not in REASONS}


def explained(one: str, other: str) -> bool:
    """Whether two files may share their name."""
    return any(
        (one.startswith(first) and other.startswith(second)) or (other.startswith(first) and one.startswith(second))
        for first, second, _ in PAIRS
    )


@pytest.mark.parametrize("name", TWICE)
def test_a_file_name_that_stands_twice_has_a_reason(name: str) -> None:
    first, *others = TWICE[name]
    pairs = [(one, other) for place, one in enumerate(TWICE[name]) for other in TWICE[name][place + 1 :]]
    assert pairs, (first, others)
    assert [pair for pair in pairs if not explained(*pair)] == []


def test_every_reason_is_needed() -> None:
    found = names()
    assert [name for name in REASONS if len(found[name]) < 2] == []
