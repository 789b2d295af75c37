"""Lambda bundles: what one function needs and nothing else, built without Docker, the same bytes every time."""

from omnipub_cdk.bundling.build import bundle
from omnipub_cdk.bundling.errors import BundleError

__all__ = ["BundleError", "bundle"]
