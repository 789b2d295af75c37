"""Find the file of a subject as a newcomer does: by file names, then by the first lines of docstrings."""

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = ("src", "cdk")

QUESTIONS: Mapping[str, str] = {
    "alarms": "cdk/omnipub_cdk/alarms.py",
    "backoff": "src/omnipub/domain/delivery/retry.py",
    "backup": "src/omnipub/adapters/local/sqlite/backup.py",
    "certification catalog": "src/omnipub/domain/certification_catalog.py",
    "character limits": "src/omnipub/domain/limits.py",
    "circuit breaker": "src/omnipub/domain/circuit_breaker.py",
    "claim": "src/omnipub/services/delivery/publish.py",
    "connection pool": "src/omnipub/adapters/http/connection_pool.py",
    "CSV": "src/omnipub/services/bulk/formats.py",
    "dead letters": "src/omnipub/ports/parked.py",
    "exit codes": "src/omnipub_cli/framework/exit_codes.py",
    "group commit": "src/omnipub/adapters/local/sqlite/group_commit.py",
    "idempotency key": "src/omnipub/services/messages/create_transaction.py",
    "JWT": "src/omnipub/handlers/api/principal.py",
    "pagination": "src/omnipub/storage/paging.py",
    "permissions": "cdk/omnipub_cdk/stacks/permissions.py",
    "preview": "src/omnipub/services/messages/preview.py",
    "problem details": "src/omnipub/handlers/api/problems.py",
    "rate limit": "src/omnipub/channels/answers.py",
    "SSRF": "src/omnipub/adapters/http/ssrf_guard.py",
    "state machine": "src/omnipub/domain/delivery/lifecycle.py",
    "table shape": "src/omnipub/storage/schema.py",
    "time zone": "src/omnipub/domain/timestamps.py",
    "token refresh": "src/omnipub/services/accounts/token_refresh.py",
    "webhook": "src/omnipub/channels/networks/webhook.py",
}
"""The field's word → the file that answers it."""


BEFORE: Mapping[str, Sequence[str]] = {
    "alarms": ("cdk/alarms.py", "cdk/stacks/monitoring.py"),
    "backoff": ("src/omnipub/domain/backoff.py",),
    "backup": ("src/omnipub_cli/commands/table/backup.py", "src/omnipub_cli/commands/table/restore.py"),
    "certification catalog": ("src/omnipub/domain/catalogue.py", "src/omnipub/services/catalog.py"),
    "character limits": (),
    "circuit breaker": ("src/omnipub/domain/breaker.py",),
    "claim": ("src/omnipub/services/deliver.py", "src/omnipub/handlers/principal.py"),
    "connection pool": (),
    "CSV": ("src/omnipub/services/rowfiles.py", "src/omnipub/services/rows.py"),
    "dead letters": (),
    "exit codes": ("src/omnipub_cli/errors.py",),
    "group commit": (),
    "idempotency key": (),
    "JWT": ("src/omnipub/handlers/principal.py",),
    "pagination": (),
    "permissions": ("cdk/permissions.py",),
    "preview": ("src/omnipub/services/preview.py", "src/omnipub_cli/commands/messages/preview.py"),
    "problem details": (),
    "rate limit": (),
    "SSRF": (),
    "state machine": ("src/omnipub/adapters/directory_seat.py",),
    "table shape": ("src/omnipub/storage/__init__.py", "src/omnipub/storage/schema.py"),
    "time zone": ("src/omnipub_cli/times.py",),
    "token refresh": ("src/omnipub/sandbox/linkedin_tokens.py", "src/omnipub_cli/commands/connections/refresh.py"),
    "webhook": ("src/omnipub/sandbox/webhook.py", "src/omnipub/channels/webhook.py"),
}
"""The first two hits of the same search in revision 51db94f, before the tree was redesigned."""


def hits(words: str, root: Path = ROOT) -> Sequence[str]:
    """The files that a search for `words` finds, best first: by their names, then by their first docstring lines."""
    wanted = [re.escape(word.lower().rstrip("s")) for word in words.split()]
    named: list[tuple[int, int, str]] = []
    described: list[tuple[int, str]] = []
    for place, line in _first_lines(root):
        whole = _spaced(place.removesuffix(".py"))
        stem = whole.rpartition(" / ")[2]
        if all(re.search(rf"\b{word}", stem) for word in wanted):
            named.append((len(stem), len(place), place))
        elif all(re.search(rf"\b{word}", f"{line} {whole}") for word in wanted):
            described.append((len(line), place))
    return [place for *_, place in sorted(named)] + [place for _, place in sorted(described)]


@cache
def _first_lines(root: Path) -> Sequence[tuple[str, str]]:
    """Each file below `root`, with the first line of its docstring."""
    files = [path for source in SOURCES for path in (root / source).rglob("*.py") if "node_modules" not in path.parts]
    texts = ((path, ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "") for path in files)
    return [(path.relative_to(root).as_posix(), text.split("\n", 1)[0].lower()) for path, text in texts]


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace("/", " / ").lower()


def table() -> str:
    """The questions with the hits of today and of before, as Markdown."""
    lines = ["| word | first hits | first hits before |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {word} | {_cell(hits(word)[:2])} | {_cell(BEFORE[word])} |" for word in QUESTIONS)])


def _cell(places: Sequence[str]) -> str:
    return ", ".join(f"`{place.removeprefix('src/')}`" for place in places) or "nothing"
