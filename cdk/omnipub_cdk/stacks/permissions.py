"""What functions may do to the things they share: the actions the adapters use, on exactly those things."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from omnipub.storage.schema import INDEXES, SANDBOX_PREFIX
from omnipub_cdk.functions import allow, function_name, policy_of
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stacks.data import MEDIA, SEATS, DataStack
from omnipub_cdk.stages import Stage

_TABLE = (
    "DescribeTable",
    "GetItem",
    "BatchGetItem",
    "Query",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "ConditionCheckItem",
)
"""No Scan: every access path is a query or a get. A transaction needs the permissions of its parts."""

_SANDBOX_ITEMS = tuple(action for action in _TABLE if action != "DescribeTable")


DELAYED = "delay/"
"""What the names of parked messages of the delay queue begin with."""


CALLS = "aws/lambda/async/"
"""What the names of parked calls of the sender begin with: Lambda's own choice."""


def allow_table(function: lambda_.Function, table: dynamodb.Table) -> None:
    """Read and write items; query the indexes."""
    allow(function, [f"dynamodb:{action}" for action in _TABLE], table.table_arn)
    allow(function, ["dynamodb:Query"], *(f"{table.table_arn}/index/{name}" for name in INDEXES))


def allow_sandbox_items(function: lambda_.Function, table: dynamodb.Table) -> None:
    """Read and write the sandbox's items, and no other item of the table."""
    sandbox_alone = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{SANDBOX_PREFIX}*"]}}
    actions = [f"dynamodb:{action}" for action in _SANDBOX_ITEMS]
    function.add_to_role_policy(
        iam.PolicyStatement(actions=actions, resources=[table.table_arn], conditions=sandbox_alone)
    )


def allow_sandbox(function: lambda_.Function, stage: Stage) -> None:
    """Send requests to the stage's own sandbox, if it has one."""
    if stage.has_sandbox:
        _allow_calling(function, stage, "sandbox")


def allow_handing_over(function: lambda_.Function, stage: Stage) -> None:
    """Call the sender."""
    _allow_calling(function, stage, "sender")


def _allow_calling(function: lambda_.Function, stage: Stage, called: str) -> None:
    arn = Stack.of(function).format_arn(
        service="lambda",
        resource="function",
        resource_name=function_name(stage, called),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(function, ["lambda:InvokeFunction"], arn)


def allow_stream(function: lambda_.Function, stream: kinesis.Stream) -> None:
    """Put pointers."""
    allow(function, ["kinesis:PutRecords"], stream.stream_arn)


def allow_delay(function: lambda_.Function, data: DataStack) -> None:
    """Put pointers on the delay queue."""
    allow(function, ["sqs:SendMessage"], data.delay.queue_arn)


def allow_waking(function: lambda_.Function, data: DataStack) -> None:
    """Let the function's trigger take messages of the delay queue, and the function park those it cannot do."""
    actions = ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    allow(function, [f"sqs:{action}" for action in actions], data.delay.queue_arn)
    allow(function, ["s3:PutObject"], f"{data.parked_arn}/{DELAYED}*")
    _any_object(function, data, f"ParkedArn/{DELAYED}", "Any message: their names are ids that SQS draws.")


def allow_seat(function: lambda_.Function, data: DataStack) -> None:
    """Read and write the object that holds the table's epoch.

    It may also list, so that an absent object is known as absent.
    """
    allow(function, ["s3:GetObject", "s3:PutObject"], f"{data.media_arn}/{SEATS}{data.table.table_name}")
    allow(function, ["s3:ListBucket"], data.media_arn)


def allow_media(function: lambda_.Function, data: DataStack, *, writing: bool) -> None:
    """Read media; with `writing`, keep new ones."""
    actions = ["s3:GetObject", *(["s3:PutObject"] if writing else [])]
    allow(function, actions, f"{data.media_arn}/{MEDIA}*")
    _any_object(function, data, f"MediaArn/{MEDIA}", "Any image: their names are digests of what is uploaded.")


def allow_parking(function: lambda_.Function, data: DataStack) -> None:
    """Let the function's trigger put what it gives up on into the bucket of parked records."""
    allow(function, ["s3:PutObject"], f"{data.parked_arn}/*")
    allow(function, ["s3:ListBucket"], data.parked_arn)
    _any_object(function, data, "ParkedArn/", "Lambda itself names the objects, by trigger, shard and moment.")


def allow_calls_to_be_parked(function: lambda_.Function, data: DataStack) -> None:
    """Let Lambda put calls of the function that failed into the bucket of parked records."""
    allow(function, ["s3:PutObject"], f"{data.parked_arn}/{CALLS}*")
    allow(function, ["s3:ListBucket"], data.parked_arn)
    _any_object(function, data, f"ParkedArn/{CALLS}", "Lambda itself names the objects, by function and moment.")


def allow_reading(function: lambda_.Function, stream: kinesis.Stream) -> None:
    """Let the function's trigger read the stream."""
    actions = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
    allow(function, [f"kinesis:{action}" for action in actions], stream.stream_arn)


def allow_telling(function: lambda_.Function, topic: sns.Topic) -> None:
    """Publish notices to the topic."""
    allow(function, ["sns:Publish"], topic.topic_arn)


def allow_vault(function: lambda_.Function, key: kms.Key, *, opening: bool) -> None:
    """Seal tokens; with `opening`, open them as well."""
    allow(function, ["kms:Encrypt", *(["kms:Decrypt"] if opening else [])], key.key_arn)


def _any_object(function: lambda_.Function, data: DataStack, export: str, reason: str) -> None:
    acknowledge(policy_of(function), f"AwsSolutions-IAM5[Resource::{data.stack_name}:{export}*]", reason)
