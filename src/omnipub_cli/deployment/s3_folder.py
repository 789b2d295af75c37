"""A folder in the bucket that CDK keeps its files in, through boto3."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.ports import HeldObject

_WHAT = "The bucket of CDK's files"
_ABSENT = {"NoSuchKey", "404"}
_CHANGED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class Folder:
    """The objects below a prefix of a bucket."""

    def __init__(self, client: Any, *, bucket: str, prefix: str, region: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._region = region

    def put(self, name: str, body: str) -> str:
        """Write an object whole; its https address."""
        with translated_errors(_WHAT):
            self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=body.encode())
        return f"https://{self._bucket}.s3.{self._region}.amazonaws.com/{self._prefix}{name}"

    def get(self, name: str) -> str:
        """An object."""
        with translated_errors(_WHAT):
            return str(
                self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")["Body"].read().decode()
            )

    def held(self, name: str) -> HeldObject | None:
        """An object with its tag and its age by S3's own clock, None if there is none."""
        from botocore.exceptions import ClientError

        with translated_errors(_WHAT):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _ABSENT:
                    return None
                raise
            body = answer["Body"].read().decode()
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        there_now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return HeldObject(body=body, tag=answer["ETag"], age=(there_now - answer["LastModified"]).total_seconds())

    def swap(self, name: str, body: str, *, tag: str) -> str | None:
        """Write an object that still has this tag ("": that is not there); its new tag, None if it has another."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        with translated_errors(_WHAT):
            try:
                answer = self._client.put_object(
                    Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=body.encode(), **condition
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _CHANGED | _ABSENT:
                    return None
                raise
        return str(answer["ETag"])

    def newest(self, count: int) -> Sequence[str]:
        """Names of the last objects in the order of their names, the last one first."""
        with translated_errors(_WHAT):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
            names = [one["Key"].removeprefix(self._prefix) for page in pages for one in page.get("Contents", ())]
        return sorted(names, reverse=True)[:count]
