"""The user's own directories, as the XDG Base Directory Specification names them."""

import os
from pathlib import Path

from omnipub.names import SERVICE


def data() -> Path:
    """Where data live unless a stage says otherwise."""
    return _directory("XDG_DATA_HOME", "~/.local/share")


def state() -> Path:
    """Where the evidence of claims lives unless a stage says otherwise."""
    return _directory("XDG_STATE_HOME", "~/.local/state")


def cache() -> Path:
    """Where copies lie that may be deleted at any time."""
    return _directory("XDG_CACHE_HOME", "~/.cache")


def _directory(variable: str, otherwise: str) -> Path:
    """The service's directory below what a variable says; the specification ignores a relative path."""
    named = Path(os.environ.get(variable, "")).expanduser()
    return (named if named.is_absolute() else Path(otherwise).expanduser()) / SERVICE
