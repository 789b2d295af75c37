"""The stacks by name: what each is called on AWS, and which others it needs."""

from collections.abc import Iterable, Sequence

from omnipub.errors import InvalidInputError

ORDER = ("Data", "Auth", "Scheduler", "Api", "Worker", "Monitoring", "Security", "EdgeSecurity", "Frontend")
"""Each stands on earlier ones alone; from the last to the first they can be deleted."""

EDGE_REGION = "us-east-1"
"""Where CloudFront looks for its firewall, whatever the stage's region is."""

WITH_BUNDLES = ("Scheduler", "Api", "Worker")
"""Those that carry omnipub's own code; a rollback puts back these and nothing that is kept."""

_PREFIX, _SUFFIX = "Omnichannel", "Stack"


def id_of(short: str) -> str:
    """`OmnichannelApiStack` of `Api`: its name in the app."""
    return f"{_PREFIX}{short}{_SUFFIX}"


def name_of(short: str, stage: str) -> str:
    """`OmnichannelApiStack-dev` of `Api`: its name on AWS."""
    return f"{id_of(short)}-{stage}"


def short_of(name: str) -> str:
    """`Api` of either name."""
    return name.partition("-")[0].removeprefix(_PREFIX).removesuffix(_SUFFIX)


def region_of(short: str, region: str) -> str:
    """Where a stack of a stage in `region` lives."""
    return EDGE_REGION if short == "EdgeSecurity" else region


def regions_of(region: str) -> Sequence[str]:
    """The regions a stage needs: its own, and CloudFront's."""
    return list(dict.fromkeys((region, EDGE_REGION)))


def placed(region: str) -> Sequence[str]:
    """The stacks that a stage in `region` has; CloudFront's firewall is a stack of its own only away from there."""
    return [short for short in ORDER if short != "EdgeSecurity" or region != EDGE_REGION]


def chosen(names: Iterable[str], region: str) -> Sequence[str]:
    """The stacks that were named, `Api` or `OmnichannelApiStack`, in their order; all of them if none was.

    Raises:
        InvalidInputError: There is no such stack.
    """
    known = {spelled.lower(): short for short in placed(region) for spelled in (short, id_of(short))}
    found = set()
    for name in names:
        if name.lower() not in known:
            raise InvalidInputError(
                f"There is no stack '{name}'.", hint=f"There are: {', '.join(id_of(one) for one in placed(region))}."
            )
        found.add(known[name.lower()])
    return [short for short in placed(region) if not found or short in found]
