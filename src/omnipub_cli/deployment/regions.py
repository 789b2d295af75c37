"""Names of AWS regions, so that a mistyped one is found.

A mistyped region has no servers, which looks like a network that is down.
"""

import re
from difflib import get_close_matches

from omnipub.errors import ConfigurationError, InvalidInputError, OmnipubError, UnavailableError

_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


def checked_region(region: str) -> str:
    """The region, if one can have that name.

    Raises:
        InvalidInputError: None can.
    """
    if not _NAME.fullmatch(region):
        raise InvalidInputError(f"'{region}' is no name of a region.", hint="Name one like --region eu-central-1")
    return region


def clearer(error: OmnipubError, region: str) -> OmnipubError:
    """The error of asking in a region; where nothing answers and no such region is known, one that says so.

    A region that is newer than botocore's list is not refused by its name: only silence makes it suspicious.
    """
    if not isinstance(error, UnavailableError):
        return error
    known = _known()
    if region in known:
        return error
    likely = get_close_matches(region, known) or ["eu-central-1"]
    return ConfigurationError(
        f"Nothing answers in region '{region}', and no region of that name is known.",
        hint=f"Name the one you mean: {' or '.join(f'--region {one}' for one in likely)}",
    )


def _known() -> list[str]:
    from boto3 import Session

    session = Session()
    return [
        str(region)
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("cloudformation", partition_name=partition)
    ]
