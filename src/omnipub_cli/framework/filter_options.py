"""The options that narrow a list or a verb on several deliveries."""

from dataclasses import dataclass

from omnipub_cli.framework.options import DueAfter, DueBefore, HasStatus, HasText, Imported, Owner, Since, Until


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """The filter as it was typed, but for the channel; an empty option narrows nothing."""

    status: HasStatus = ""
    owner: Owner = ""
    since: Since = ""
    until: Until = ""
    due_after: DueAfter = ""
    due_before: DueBefore = ""
    text: HasText = ""
    imported: Imported = ""
