"""Media in S3: an object is named by the SHA-256 of its bytes, and S3 checks that digest.

An object is there whole or not at all.
"""

import base64
import re
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.domain.images import referred
from omnipub.domain.message import MediaReference
from omnipub.errors import NotFoundError

PREFIX = "media/"
"""What the objects' names begin with; rules about their age belong to this prefix."""

FRESH = timedelta(days=1)
"""Older images are written again when a message names them: rules about age then count from that day."""

FOREVER = "private, max-age=31536000, immutable"

_KEY = re.compile(r"[0-9a-f]{64}")
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class S3Media:
    """The `Media` port over a bucket.

    The role must be allowed to list the bucket, or S3 says "forbidden" of what is not there.
    """

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def keep(self, data: bytes) -> MediaReference:
        """Store `data` under its digest; once more writes the same bytes, and they count as new for rules about age."""
        reference = referred(data)
        with translated(self._what):
            self._clients.of("s3").put_object(
                Bucket=self._bucket,
                Key=PREFIX + reference.key,
                Body=data,
                ContentType=reference.content_type,
                CacheControl=FOREVER,
                ChecksumSHA256=base64.b64encode(bytes.fromhex(reference.key)).decode(),
            )
        return reference

    def bytes_of(self, key: str) -> bytes:
        """The stored bytes."""
        name = _name(key)
        try:
            with translated(self._what):
                body = self._clients.of("s3").get_object(Bucket=self._bucket, Key=name)["Body"]
                with body:
                    return bytes(body.read())
        except ClientError as error:
            raise _absent(error, key) from error

    def describe(self, key: str) -> MediaReference:
        """What is stored under `key`; it counts as new for rules about age, as if it had been uploaded again."""
        name = _name(key)
        try:
            with translated(self._what):
                head = self._clients.of("s3").head_object(Bucket=self._bucket, Key=name)
        except ClientError as error:
            raise _absent(error, key) from error
        if datetime.now(UTC) - head["LastModified"] > FRESH:
            return self.keep(self.bytes_of(key))
        return MediaReference(key=key, content_type=head["ContentType"], size=head["ContentLength"])

    @property
    def _what(self) -> str:
        return f"The bucket {self._bucket}"


def _name(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFoundError(f"'{key}' is not the key of an image.")
    return PREFIX + key


def _absent(error: ClientError, key: str) -> Exception:
    if code_of(error) in _ABSENT:
        return NotFoundError(f"The image {key} is not stored here.", hint="Upload it again.")
    mistake: Exception = error  # botocore has no types
    return mistake
