"""What would make a serverless stage cheaper, and what safety each costs. None is done by default."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from omnipub_cli.deployment.cost.seed_cells import Variant

WISH = 60.0
"""Dollars a month at the high level that somebody may wish for; what it takes is told, not done."""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """A measure.

    Attributes:
        name: In few words.
        safety: What is given up, in one sentence.
        done: What a bill is made for then.
        how: What to do for it; "" if it takes other code.
    """

    name: str
    safety: str
    done: Callable[[Variant], Variant] = field(repr=False)
    how: str = ""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a measure saves, by itself and with those before it."""

    saving: Saving
    dollars: float
    total_then: float


def _stage(**values: object) -> Callable[[Variant], Variant]:
    return lambda one: replace(one, inventory=replace(one.inventory, **values))  # type: ignore[arg-type]


SAVINGS: Sequence[Saving] = (
    Saving(
        name="networks fetch images through CloudFront",
        safety="For some minutes an image can be had by whoever learns its address, before its post is out.",
        done=_stage(images_fetched=True),
    ),
    Saving(
        name="one image in ten messages",
        safety="Nothing of safety; nine posts in ten have the picture of their link, or none.",
        done=lambda one: replace(one, traffic=replace(one.traffic, images=min(0.1, one.traffic.images))),
        how="Publish links whose pages have an image: networks fetch those themselves.",
    ),
    Saving(
        name="images kept for 7 days",
        safety="What is tried again after a week has lost its image and fails.",
        done=lambda one: replace(
            one, inventory=replace(one.inventory, media_days=min(7, one.inventory.media_days or 7))
        ),
    ),
    Saving(
        name="log lines kept for 7 days",
        safety="Nobody can look up why a post of two weeks ago was late.",
        done=lambda one: replace(one, inventory=replace(one.inventory, log_days=min(7, one.inventory.log_days))),
        how="-c log_days=7",
    ),
    Saving(
        name="no GuardDuty",
        safety="Stolen credentials that are used in the account are noticed by nobody.",
        done=_stage(guardduty=None),
        how="-c guardduty=false",
    ),
    Saving(
        name="history of 3 months",
        safety="What was published earlier can no longer be shown, and a doubt about it no longer be cleared.",
        done=lambda one: replace(one, traffic=replace(one.traffic, month=min(3, one.traffic.month))),
    ),
    Saving(
        name="no restoring to any second",
        safety="A table that was emptied by mistake comes back as of the last export, and is adopted from there.",
        done=_stage(recovery=False),
    ),
    Saving(
        name="no firewall",
        safety="Floods and known attacks reach the API; its throttle bounds them, and each request of them is paid.",
        done=_stage(firewall_rules=0),
        how="-c firewall=false",
    ),
)
"""In the order in which one would take them."""


def savings(variant: Variant) -> Sequence[Saved]:
    """What each measure saves behind those before it; what saves nothing for this traffic is left out."""
    found, before = [], variant.bill().total
    for one in SAVINGS:
        then = one.done(variant)
        total = then.bill().total
        if before - total >= 0.005:  # noqa: PLR2004  half a cent: less is shown as zero
            found.append(Saved(saving=one, dollars=before - total, total_then=total))
            variant, before = then, total
    return found
