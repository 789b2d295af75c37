"""Builds the bundles and says what they are: `python -m omnipub_cdk.bundling [FUNCTION …]`, in cdk/. See --help."""

import argparse
import sys
import tempfile
from pathlib import Path

from omnipub_cdk.bundling import BundleError, bundle, hashes, pins, tools
from omnipub_cdk.bundling.build import PROJECT, packages_of_all
from omnipub_cdk.bundling.source_tree import zipped
from omnipub_cdk.bundling.tables import ENTRIES, PLATFORMS


def main() -> int:
    """Build what was asked for; 1 if it cannot be built."""
    parser = argparse.ArgumentParser(prog="python -m omnipub_cdk.bundling", description=__doc__)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help=f"{', '.join(ENTRIES)}; all of them if none")
    parser.add_argument("--architecture", choices=PLATFORMS, default="arm64")
    parser.add_argument(
        "--renew-hashes", action="store_true", help="write the digests of what is pinned, and no bundle"
    )
    arguments = parser.parse_args()
    try:
        if arguments.renew_hashes:
            pinned = pins.read(PROJECT / "pyproject.toml")
            text = hashes.renewed(packages_of_all(), pinned, tools.interpreter())
            hashes.FILE.write_text(text, encoding="utf-8")
            print(f"{len(hashes.read(text))} packages in {hashes.FILE}")  # noqa: T201  its purpose
            return 0
        for function in arguments.functions or ENTRIES:
            folder = bundle(function, architecture=arguments.architecture)
            with tempfile.TemporaryDirectory() as aside:
                packed = Path(aside) / "bundle.zip"
                digest = zipped(folder, packed)
                size = packed.stat().st_size / 1e6
            print(f"{function}\t{size:.2f} MB\t{digest}\t{folder}")  # noqa: T201  its purpose
    except BundleError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)  # noqa: T201  its purpose
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
