"""Writes the generated blocks of the documentation, or with --check fails if one is out of date.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->` in any page; BLOCKS says what NAME is.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import access_paths
import cli_reference
import cost_tables
import tree
import word_search

from omnipub.channels.registry import CHANNELS
from omnipub.config import Settings, variable
from omnipub.domain.certification_catalog import AS_OF, CATALOGUE
from omnipub.domain.delivery.lifecycle import TRANSITIONS, diagram
from omnipub.services.bulk.row import FIELDS
from omnipub.services.notify.causes import RULES
from omnipub.services.table.integrity_items import MEANINGS
from omnipub.storage import access
from omnipub.storage.schema import INDEXES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def lifecycle_table() -> str:
    """Every transition of a delivery."""
    lines = ["| from | event | to | meaning |", "|---|---|---|---|"]
    lines += [f"| {row.source} | {row.event} | {row.target} | {row.meaning} |" for row in TRANSITIONS]
    return "\n".join(lines)


def limits_table() -> str:
    """What every network accepts."""
    lines = [
        "| network | text | images | alt text | waiting posts go out | a missing answer is |",
        "|---|---|---|---|---|---|",
    ]
    found_out = {"resend": "sent again under the same key", "look_up": "looked up", "none": "left to a person"}
    for name, channel in sorted(CHANNELS.items()):
        text = " and ".join(f"{most:,} {unit}" for most, unit in channel.limits.text)
        text += "".join(f"; {most:,} {unit} beside images" for most, unit in channel.limits.caption)
        pace = f"{channel.pace.total_seconds():g} s apart"
        images = f"{channel.limits.images} of {channel.limits.image_bytes / 1024 / 1024:.0f} MiB"
        kinds = channel.account_examples or {"": channel.sandbox_account.id}
        remedy = "; ".join(
            f"{found_out[channel.remedy(account).value]}{f' ({kind})' if kind else ''}"
            for kind, account in kinds.items()
        )
        lines.append(f"| {name} | {text} | {images} | {channel.limits.alt_text:,} characters | {pace} | {remedy} |")
    return "\n".join(lines)


def settings_table() -> str:
    """Every setting with its variable and default."""
    described = dict(re.findall(r"^        (\w+): (.+?)$", Settings.__doc__ or "", re.MULTILINE))
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    lines += [
        f"| `{variable(field.name)}` | {field.default or 'none'} | {described[field.name]} |"
        for field in fields(Settings)
    ]
    return "\n".join(lines)


def indexes_table() -> str:
    """Every index with what it projects."""
    lines = ["| index | keys | projected |", "|---|---|---|"]
    lines += [
        f"| {index.name} | {index.partition}, {index.sort} | {', '.join(index.projected)} |"
        for index in INDEXES.values()
    ]
    return "\n".join(lines)


def checks_table() -> str:
    """What `table verify` finds."""
    return "\n".join(
        ["| check | what it means |", "|---|---|", *(f"| `{one}` | {MEANINGS[one]} |" for one in MEANINGS)]
    )


def certifications_table() -> str:
    """The catalogue of certifications."""
    lines = [f"As of {AS_OF.isoformat()}.", "", "| type | name | codes | last exam |", "|---|---|---|---|"]
    for slug, one in CATALOGUE.items():
        lines.append(f"| `{slug}` | {one.name} | {', '.join(one.codes)} | {one.retired_on or ''} |")
    return "\n".join(lines)


def rows_table() -> str:
    """What a row of a file of messages holds."""
    lines = ["| field | what it holds |", "|---|---|"]
    lines += [f"| `{name}` | {told.replace('|', chr(92) + '|')} |" for name, told in FIELDS.items()]
    return "\n".join(lines)


def causes_table() -> str:
    """What somebody is told of."""
    lines = ["| cause | title | told once it has lasted | on AWS |", "|---|---|---|---|"]
    for name, rule in RULES.items():
        lasted = f"{rule.patience.total_seconds() / 60:g} min" if rule.patience else "at once"
        alarm = f"the alarm [{rule.alarm}](runbooks.md#{rule.alarm.lower()})" if rule.alarm else "a notice"
        told = "cannot happen there" if name in {"disk", "storage", "stream"} and not rule.alarm else alarm
        lines.append(f"| `{name}` | {rule.title} | {lasted} | {told} |")
    return "\n".join(lines)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "access-paths": access.table,
    "causes": causes_table,
    "certifications": certifications_table,
    "checks": checks_table,
    "cli-commands": cli_reference.commands,
    "cli-exit-codes": cli_reference.exit_codes,
    "cli-shared-options": cli_reference.shared_options,
    "cost-bills": cost_tables.bills,
    "cost-cells": cost_tables.cells,
    "cost-figures": cost_tables.figures,
    "cost-goals": cost_tables.goals,
    "cost-layouts": cost_tables.layouts,
    "cost-not-built": cost_tables.not_built,
    "cost-prices": cost_tables.prices,
    "cost-resources": cost_tables.resources,
    "cost-savings": cost_tables.savings,
    "indexes": indexes_table,
    "list-filters": access_paths.filters,
    "list-statuses": access_paths.statuses,
    "lifecycle-diagram": lambda: f"```mermaid\n{diagram()}\n```",
    "lifecycle-table": lifecycle_table,
    "limits": limits_table,
    "rows": rows_table,
    "settings": settings_table,
    "tree": tree.drawn,
    "words": word_search.table,
}


def rendered(page: str) -> str:
    """`page` with every generated block as the code has it now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found['name']]()}\n{found[3]}", page)


def main() -> int:
    """Write, or check; the exit status says whether a page was out of date."""
    stale = [page for page in PAGES if rendered(page.read_text()) != page.read_text()]
    for page in stale:
        if "--check" in sys.argv:
            sys.stderr.write(f"{page.relative_to(ROOT)} is out of date; type: python docs/generate.py\n")
        else:
            page.write_text(rendered(page.read_text()))
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
