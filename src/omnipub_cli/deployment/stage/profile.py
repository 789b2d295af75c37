"""The profile whose credentials a command uses, put where botocore and the tools it starts look for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

PROFILE = "AWS_PROFILE"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE")
"""Variables that would win over the profile that was typed."""


@contextmanager
def signed_by(profile: str) -> Iterator[None]:
    """Within it, AWS is asked with this profile's credentials; "" leaves everything as it is."""
    if not profile:
        yield
        return
    before = {name: os.environ.pop(name, None) for name in (PROFILE, *KEYS)}
    os.environ[PROFILE] = profile
    try:
        yield
    finally:
        os.environ.pop(PROFILE, None)
        os.environ.update({name: value for name, value in before.items() if value is not None})
