"""Amplify, CloudFront and the address that users see, through boto3 and the standard library."""

import urllib.error
import urllib.request
from typing import Any

from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.errors import DeploymentFailedError

TIMEOUT = 60


class AwsSite:
    """The site of a stage."""

    def __init__(self, amplify: Any, cloudfront: Any) -> None:
        self._amplify = amplify
        self._cloudfront = cloudfront

    def deploy(self, *, app: str, branch: str, archive: bytes) -> str:
        """Hand over a zip file of pages and begin to serve it; the job's id."""
        with translated_errors("Amplify"):
            created = self._amplify.create_deployment(appId=app, branchName=branch)
        _put(created["zipUploadUrl"], archive)
        with translated_errors("Amplify"):
            self._amplify.start_deployment(appId=app, branchName=branch, jobId=created["jobId"])
        return str(created["jobId"])

    def job(self, *, app: str, branch: str, job: str) -> str:
        """How that goes."""
        with translated_errors("Amplify"):
            answer = self._amplify.get_job(appId=app, branchName=branch, jobId=job)
        return str(answer["job"]["summary"]["status"])

    def invalidate(self, distribution: str, *, token: str) -> None:
        """Let CloudFront forget what it keeps."""
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": token}
        with translated_errors("CloudFront"):
            self._cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)

    def fetch(self, url: str) -> tuple[int, bytes]:
        """Status and body of a page; 0 if nothing answers."""
        return fetched(url)


def fetched(url: str, *, timeout: float = TIMEOUT) -> tuple[int, bytes]:
    """Status and body of a page; 0 and nothing if nobody answers for so many seconds."""
    request = urllib.request.Request(url, headers={"Cache-Control": "no-cache"})  # noqa: S310  our own https address
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310  likewise
            return int(answer.status), bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def _put(address: str, data: bytes) -> None:
    request = urllib.request.Request(address, data=data, method="PUT", headers={"Content-Type": "application/zip"})  # noqa: S310  Amplify's own
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310  likewise
            return
    except OSError as error:
        # The address is a secret of its own: it is not repeated.
        raise DeploymentFailedError(
            f"The pages could not be uploaded: {type(error).__name__}.", hint="Type the same command again."
        ) from None
