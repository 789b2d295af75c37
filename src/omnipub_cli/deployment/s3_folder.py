"""A folder in the bucket that CDK keeps its files in, through boto3."""

from collections.abc import Sequence
from typing import Any

from omnipub_cli.deployment.aws_clients import asked

_WHAT = "The bucket of CDK's files"


class Folder:
    """The objects below a prefix of a bucket."""

    def __init__(self, client: Any, *, bucket: str, prefix: str, region: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._region = region

    def put(self, name: str, body: str) -> str:
        """Write an object whole; its https address."""
        with asked(_WHAT):
            self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=body.encode())
        return f"https://{self._bucket}.s3.{self._region}.amazonaws.com/{self._prefix}{name}"

    def get(self, name: str) -> str:
        """An object."""
        with asked(_WHAT):
            return str(
                self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")["Body"].read().decode()
            )

    def newest(self, count: int) -> Sequence[str]:
        """Names of the last objects in the order of their names, the last one first."""
        with asked(_WHAT):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            names = [one["Key"].removeprefix(self._prefix) for page in pages for one in page.get("Contents", ())]
        return sorted(names, reverse=True)[:count]
