"""Lambda bundles: what one function needs and nothing else, built without Docker, the same bytes every time."""

from bundling.building import bundle
from bundling.errors import BundleError

__all__ = ["BundleError", "bundle"]
