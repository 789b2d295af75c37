"""Put a folder of pages on a stage's site: a zip file, handed to Amplify, which serves it once it is whole.

cd cdk && uv run python hosting.py --stage dev ../web/status
"""

import argparse
import io
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omnipub.errors import InvalidInputError, OmnipubError, UnavailableError

PAGE = "index.html"
STACK = "OmnichannelFrontendStack"
PATIENCE = 60
"""Looks at the deployment, five seconds apart."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(folder: Path) -> bytes:
    """The folder as a zip file: the same files give the same bytes.

    Raises:
        InvalidInputError: It has no page to begin with.
    """
    if not (folder / PAGE).is_file():
        raise InvalidInputError(f"{folder} has no {PAGE}.", hint="Name the folder of the built pages.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def deploy(amplify: Any, *, app: str, branch: str, archive: bytes, put: Callable[[str, bytes], None]) -> str:
    """Deploy and wait until it is served; the job's id.

    Args:
        amplify: botocore's client.
        app: Id of the Amplify app.
        branch: Its branch.
        archive: The zip file.
        put: Uploads bytes to an address.

    Raises:
        UnavailableError: Amplify says it failed, or does not end in time. What was served before still is.
    """
    created = amplify.create_deployment(appId=app, branchName=branch)
    put(created["zipUploadUrl"], archive)
    job = created["jobId"]
    amplify.start_deployment(appId=app, branchName=branch, jobId=job)
    for _ in range(PATIENCE):
        status = amplify.get_job(appId=app, branchName=branch, jobId=job)["job"]["summary"]["status"]
        if status == "SUCCEED":
            return str(job)
        if status in {"FAILED", "CANCELLED"}:
            raise UnavailableError(
                f"Amplify ended the deployment as {status}.", hint=f"Its log: Amplify, app {app}, job {job}."
            )
        time.sleep(5)
    raise UnavailableError(
        "The deployment has not ended after five minutes.", hint=f"Look at Amplify, app {app}, job {job}."
    )


def upload(address: str, data: bytes) -> None:
    """Put `data` where Amplify said."""
    request = urllib.request.Request(address, data=data, method="PUT", headers={"Content-Type": "application/zip"})  # noqa: S310  Amplify's own https address
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310  likewise
            return
    except urllib.error.URLError as error:
        raise UnavailableError(f"The upload failed: {error.reason}.", hint="Run it again.") from error


def outputs(cloudformation: Any, stage: str) -> dict[str, str]:
    """What the stage's frontend stack says of itself."""
    stacks = cloudformation.describe_stacks(StackName=f"{STACK}-{stage}")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", [])}


def main() -> int:
    """Deploy the folder that the arguments name; 0, or 1 with a sentence."""
    parser = argparse.ArgumentParser(description="Put a folder of pages on a stage's site.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--region", default="us-east-1")
    asked = parser.parse_args()
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  a wrong argument is told without it
    from botocore.session import Session  # noqa: PLC0415  likewise

    try:
        archive = zipped(asked.folder)
        session = Session()
        said = outputs(session.create_client("cloudformation", region_name=asked.region), asked.stage)
        deploy(
            session.create_client("amplify", region_name=asked.region),
            app=said["AmplifyApp"],
            branch=said["AmplifyBranch"],
            archive=archive,
            put=upload,
        )
    except OmnipubError as error:
        print(f"{error.message} {error.hint}".rstrip(), file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused: {error}", file=sys.stderr)
        return 1
    print(said["Site"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
