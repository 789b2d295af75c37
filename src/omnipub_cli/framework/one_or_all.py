"""The options of verbs that act on several deliveries."""

from dataclasses import dataclass

from omnipub_cli.framework.options import Channels, DryRun, HasStatus, Ids, Owner, Since, Until, Yes


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What such a verb is typed with: ids or a filter, and whether it is only tried, or not asked about."""

    ids: Ids = None
    channel: Channels = None
    status: HasStatus = ""
    owner: Owner = ""
    since: Since = ""
    until: Until = ""
    dry_run: DryRun = False
    yes: Yes = False
