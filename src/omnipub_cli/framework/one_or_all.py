"""The options of verbs that act on several deliveries."""

from dataclasses import dataclass

from omnipub_cli.framework.filter_options import FilterOptions
from omnipub_cli.framework.options import Channels, DryRun, Ids, Yes


@dataclass(frozen=True, kw_only=True)
class DeliverySelection(FilterOptions):
    """The deliveries that a verb acts on, by ids or by a filter.

    It also says whether to rehearse or to ask first.
    """

    ids: Ids = None
    channel: Channels = None
    dry_run: DryRun = False
    yes: Yes = False
