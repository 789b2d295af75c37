"""Pages onto the site: a zip file for Amplify, then an invalidation of CloudFront's cache.

Amplify serves the file once it is whole.

Beside the pages stands `version.json`. It is how a deployment finds out that what it sent is what users get.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from omnipub.errors import InvalidInputError
from omnipub.strict_json import loads
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.ports import Site

PAGE = "index.html"
VERSION = "version.json"
LOOK_EVERY = 3.0
PATIENCE = 100
"""Looks at what goes on, three seconds apart: five minutes."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_OK = 200


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A zip file of pages; `version` is what `version.json` in it says."""

    archive: bytes
    version: Mapping[str, str]


def bundled(folder: Path, *, version: str) -> Bundle:
    """The folder as a zip file: the same pages and version give the same bytes.

    Raises:
        InvalidInputError: It has no page to begin with.
    """
    if not (folder / PAGE).is_file():
        raise InvalidInputError(f"{folder} has no {PAGE}.", hint="Build the console, or name the folder of its pages.")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + files[name] for name in sorted(files))).hexdigest()[:12]
    document = {"version": version, "pages": digest}
    files[VERSION] = json.dumps(document).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return Bundle(archive=buffer.getvalue(), version=document)


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where pages go.

    Attributes:
        app: Amplify's id of the site; `branch` of what users see there.
        address: The site as users type it, without a slash at its end.
        distribution: CloudFront's id of it; "" if there is none in front.
    """

    site: Site
    app: str
    branch: str
    address: str
    distribution: str
    wait: Callable[[float], None]

    def serves(self, bundle: Bundle) -> bool:
        """Whether users get these pages already."""
        status, body = self.site.fetch(f"{self.address}/{VERSION}")
        try:
            return status == _OK and loads(body, lenient=True) == bundle.version
        except ValueError:
            return False

    def publish(self, bundle: Bundle) -> None:
        """Hand the pages over and wait until users get them.

        Raises:
            DeploymentFailedError: They do not. What was served before still is.
        """
        job = self.site.deploy(app=self.app, branch=self.branch, archive=bundle.archive)
        self._until(lambda: self._ended(job), f"Amplify has not ended job {job}")
        if self.distribution:
            self.site.invalidate(self.distribution, token=f"{bundle.version['pages']}-{job}")
        self._until(lambda: self.serves(bundle), f"{self.address}/{VERSION} does not say {bundle.version['version']}")

    def _ended(self, job: str) -> bool:
        status = self.site.job(app=self.app, branch=self.branch, job=job)
        if status in {"FAILED", "CANCELLED"}:
            raise DeploymentFailedError(
                f"Amplify ended the deployment of the pages as {status}.",
                hint=f"Type the same command again; its log is in Amplify, app {self.app}, job {job}.",
            )
        return status == "SUCCEED"

    def _until(self, done: Callable[[], bool], sentence: str) -> None:
        for _ in range(PATIENCE):
            if done():
                return
            self.wait(LOOK_EVERY)
        raise DeploymentFailedError(
            f"{sentence} after five minutes.", hint="Type the same command again; it goes on from there."
        )
