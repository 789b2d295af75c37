"""Buckets that are deleted with their stage: CloudFormation deletes only empty ones."""

from typing import Any

from omnipub_cli.deployment.aws_clients import translated_errors

AT_ONCE = 1000
"""Objects that one request may delete."""


class Objects:
    """The buckets of a region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def empty(self, bucket: str) -> int:
        """Delete every version of every object; how many there were."""
        count = 0
        with translated_errors(f"The bucket {bucket}"):
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, MaxKeys=AT_ONCE):
                versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                named = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
                if named:
                    self._client.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})
                count += len(named)
        return count
