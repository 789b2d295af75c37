"""What is kept: the table, stream and delay queue of pointers, media, parked records, the key of tokens, the topic.

The topic stands here because whoever subscribed to it has confirmed that: no rollback of the functions moves it.
"""

from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from omnipub.names import SERVICE
from omnipub.storage.schema import INDEXES, PARTITION, SORT, TTL
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.removal import removal_of
from omnipub_cdk.stages import Stage
from omnipub_cdk.topic import topic_of

MEDIA = "media/"
SEATS = "seats/"
"""What the names of objects in the bucket of media begin with."""

DELAY_TIMEOUT = Duration.seconds(5)
"""Of a run of the delay queue's consumer: it offers again for a second what the stream refuses."""

_TEXT = dynamodb.AttributeType.STRING


class DataStack(Stack):
    """What is kept. Everything else can be deleted and deployed again; this cannot."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage, **values: Any) -> None:
        super().__init__(scope, name, **values)
        kept = removal_of(stage)
        self.table = _table(self, stage, kept)
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.PROVISIONED,
            shard_count=1,  # 1,000 records a second; `parallel` widens the worker without a second shard's price
            retention_period=Duration.hours(24),
            encryption=kinesis.StreamEncryption.MANAGED,
            removal_policy=RemovalPolicy.DESTROY,  # it holds pointers: the table is the truth
        )
        self.delay = _delay_queue(self)
        self.media = _bucket(
            self,
            "Media",
            kept,
            versioned=True,
            lifecycle_rules=_media_rules(stage),
        )
        self.parked = _bucket(self, "Parked", kept)
        # Exported under names of ours, by which cdk-nag's findings about any of their objects can be told apart.
        self.media_arn = self.export_value(self.media.bucket_arn, name=f"{self.stack_name}:MediaArn")
        self.parked_arn = self.export_value(self.parked.bucket_arn, name=f"{self.stack_name}:ParkedArn")
        self.vault = kms.Key(
            self,
            "Vault",
            alias=f"{SERVICE}/{stage.name}",
            description=f"Seals the tokens of connected accounts, stage {stage.name}",
            enable_key_rotation=True,
            removal_policy=kept,
            pending_window=Duration.days(30),
        )
        self.topic = topic_of(self, stage)
        self._add_outputs()

    def _add_outputs(self) -> None:
        """What `omnipub --stage` finds everything by."""
        for output, value in (
            ("TableName", self.table.table_name),
            ("StreamName", self.stream.stream_name),
            ("DelayQueue", self.delay.queue_url),
            ("MediaBucket", self.media.bucket_name),
            ("ParkedBucket", self.parked.bucket_name),
            ("VaultKey", self.vault.key_arn),
            ("Topic", self.topic.topic_arn),
        ):
            CfnOutput(self, output, value=value)


def _media_rules(stage: Stage) -> list[s3.LifecycleRule]:
    """Older versions hold the same bytes: an object is named by its digest. Epochs stand beside media, and stay."""
    kept = {"expiration": Duration.days(stage.media_days)} if stage.media_days else {}
    return [
        s3.LifecycleRule(prefix=MEDIA, noncurrent_version_expiration=Duration.days(2), **kept),
        s3.LifecycleRule(prefix=SEATS, noncurrent_version_expiration=Duration.days(2)),
        s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
    ]


def _table(stack: Stack, stage: Stage, kept: RemovalPolicy) -> dynamodb.Table:
    table = dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name=PARTITION, type=_TEXT),
        sort_key=dynamodb.Attribute(name=SORT, type=_TEXT),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute=TTL,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        deletion_protection=stage.protected,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=stage.protected
        ),
        removal_policy=kept,
    )
    for index in INDEXES.values():
        table.add_global_secondary_index(
            index_name=index.name,
            partition_key=dynamodb.Attribute(name=index.partition, type=_TEXT),
            sort_key=dynamodb.Attribute(name=index.sort, type=_TEXT),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=list(index.projected),
        )
    if not stage.protected:
        acknowledge(table, "AwsSolutions-DDB3", f"Stage {stage.name} holds nothing that could not be made again.")
    return table


def _delay_queue(stack: Stack) -> sqs.Queue:
    """A standard queue: FIFO queues take no delay of a single message."""
    queue = sqs.Queue(
        stack,
        "Delay",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        # A batch that is throttled or fails is invisible for that long; AWS asks for six times the time-out.
        visibility_timeout=Duration.seconds(6 * int(DELAY_TIMEOUT.to_seconds())),
        retention_period=Duration.hours(1),  # ticks have put again by then what it names
        removal_policy=RemovalPolicy.DESTROY,  # it holds pointers: the table is the truth
    )
    acknowledge(queue, "AwsSolutions-SQS3", "Its consumer parks what it cannot do, whole, in a bucket.")
    return queue


def _bucket(stack: Stack, name: str, kept: RemovalPolicy, **values: Any) -> s3.Bucket:
    bucket = s3.Bucket(
        stack,
        name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        removal_policy=kept,
        **values,
    )
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Two functions read and write it, and their logs name each object. A log bucket would cost more than it tells.",
    )
    return bucket
