"""What botocore knows of AWS' services, read once for all tests: each description is a large file."""

from functools import cache

from botocore.session import Session


@cache
def aws() -> Session:
    """A session with credentials of nobody; clients that it makes share nothing but the descriptions."""
    session = Session()
    session.set_credentials("AKIA", "secret")
    return session
