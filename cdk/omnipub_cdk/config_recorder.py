"""AWS Config, where a stage asks for it: a recorder of all resources, and the bucket that it delivers to."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stages import Stage

_ROLE = "service-role/AWS_ConfigRole"


def config_recorder(stack: Stack, stage: Stage) -> str:
    """The recorder's name. Security Hub judges what Config records; without it, next to nothing."""
    role = iam.Role(
        stack,
        "ConfigRole",
        assumed_by=iam.ServicePrincipal("config.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_ROLE)],
    )
    acknowledge(
        role,
        f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_ROLE}]",
        "AWS keeps the list of what a recorder may read; it grows with AWS.",
    )
    bucket = _bucket(stack)
    of_config = iam.ServicePrincipal("config.amazonaws.com")
    same_account = {"StringEquals": {"aws:SourceAccount": stack.account}}
    for actions, resource in (
        (["s3:GetBucketAcl", "s3:ListBucket"], bucket.bucket_arn),
        (["s3:PutObject"], bucket.arn_for_objects(f"AWSLogs/{stack.account}/Config/*")),
    ):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(principals=[of_config], actions=actions, resources=[resource], conditions=same_account)
        )
    recorder = config.CfnConfigurationRecorder(
        stack,
        "Recorder",
        role_arn=role.role_arn,
        recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
            all_supported=True, include_global_resource_types=True
        ),
    )
    channel = config.CfnDeliveryChannel(stack, "Channel", s3_bucket_name=bucket.bucket_name)
    if bucket.policy:
        channel.node.add_dependency(bucket.policy)
    acknowledge(bucket, "AwsSolutions-S1", f"Config alone writes it; stage {stage.name} keeps no log of that.")
    return recorder.ref


def _bucket(stack: Stack) -> s3.Bucket:
    return s3.Bucket(
        stack,
        "Recorded",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        # What was recorded outlives the stack: it is evidence. A first deployment that fails leaves none.
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
