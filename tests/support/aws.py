"""A stage's things on an emulator of AWS: a table of the schema's shape, a stream, a bucket and a key."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from omnipub.adapters.aws.clients import Clients
from omnipub.storage.schema import INDEXES, PARTITION, SORT

REGION = "eu-west-1"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "123456789012",  # ministack takes it for the account
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """An emulator and the clients of it."""

    clients: Clients
    url: str = ""

    def table(self) -> str:
        """A new table's name."""
        name = f"omnipub-{uuid.uuid4().hex[:12]}"
        self.clients.of("dynamodb").create_table(TableName=name, **table_shape())
        return name

    def stream(self, shards: int = 1) -> str:
        """A new stream's name."""
        name = f"omnipub-{uuid.uuid4().hex[:12]}"
        kinesis = self.clients.of("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        return name

    def queue(self) -> str:
        """A new standard queue's address."""
        return str(self.clients.of("sqs").create_queue(QueueName=f"omnipub-{uuid.uuid4().hex[:12]}")["QueueUrl"])

    def bucket(self) -> str:
        """A new bucket's name."""
        name = f"omnipub-{uuid.uuid4().hex[:12]}"
        self.clients.of("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def key(self) -> str:
        """A new key's ARN."""
        return str(self.clients.of("kms").create_key()["KeyMetadata"]["Arn"])


@contextmanager
def cloud(url: str | None) -> Iterator[Cloud]:
    """The clients of an emulator at `url`, or in this process if None."""
    clients = Clients(endpoint=url, region=REGION)
    yield Cloud(clients=clients, url=url or "")
    clients.close()


def table_shape() -> dict[str, Any]:
    """`create_table`'s parameters for the schema, but for the name."""
    names = [PARTITION, SORT, *(name for index in INDEXES.values() for name in (index.partition, index.sort))]
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _keys(PARTITION, SORT),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "KeySchema": _keys(index.partition, index.sort),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projected)},
            }
            for index in INDEXES.values()
        ],
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
