"""What can go wrong while bundling: a sentence, and in `hint` what to type next."""

from omnipub.errors import OmnipubError


class BundleError(OmnipubError):
    """A bundle cannot be built; nothing half-built is left behind."""
