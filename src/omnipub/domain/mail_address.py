"""Mail addresses: what is one, and what people may see of it."""

from omnipub.errors import InvalidInputError

AT_MOST = 254
"""Characters of an address."""

_NEVER = frozenset(' <>,;:"\\()[]')
"""What would end an address in a header, or begin another."""


def checked_address(text: str) -> str:
    """A mail address as it may stand in a mail, its domain in ASCII.

    Raises:
        InvalidInputError: It is none, or it is several, or it holds what begins a new header. It is not quoted.
    """
    local, _, domain = text.rpartition("@")
    plain = text.isprintable() and not _NEVER & set(text) and "@" not in local
    whole = all(domain.split(".")) and ("." in domain or domain == "localhost")
    if not (plain and local and whole and len(text) <= AT_MOST):
        raise _none()
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise _none() from None


def masked(address: str) -> str:
    """What people may see of an address: the first letter before the at sign, and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _none() -> InvalidInputError:
    return InvalidInputError(
        "This is not a mail address.", hint=f"Use one like ada@example.com, of at most {AT_MOST} characters."
    )
