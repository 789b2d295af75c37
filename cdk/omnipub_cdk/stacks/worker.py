"""What publishes: a function fed by the stream, in bounded tries; whole records given up on go to a bucket."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from omnipub_cdk.functions import CodeOf, allow, function, policy_of
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.function_environment import environment
from omnipub_cdk.stacks.permissions import (
    allow_delay,
    allow_media,
    allow_parking,
    allow_reading,
    allow_sandbox,
    allow_seat,
    allow_stream,
    allow_table,
    allow_vault,
)
from omnipub_cdk.stages import Stage

TRIES = 10
"""Calls with a batch that our own storage refuses; then it is parked, and the scheduler finds what it named."""

RECORD_LIFE = Duration.hours(1)
"""A pointer older than this is parked: what it names has been put again by then."""


class WorkerStack(Stack):
    """The worker."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        data: DataStack,
        code_of: CodeOf,
        **values: Any,
    ) -> None:
        super().__init__(scope, name, **values)
        self.function = function(
            self,
            "worker",
            stage=stage,
            code_of=code_of,
            memory=stage.worker_memory,
            timeout=Duration.seconds(stage.worker_timeout),
            environment=environment(stage, data),
        )
        allow_table(self.function, data.table)
        allow_stream(self.function, data.stream)
        allow_seat(self.function, data)
        allow_media(self.function, data, writing=False)
        allow_vault(self.function, data.vault, opening=True)
        allow_delay(self.function, data)
        allow_sandbox(self.function, stage)
        _allow_mail(self.function, stage)
        _allow_text_messages(self.function, stage)
        allow_reading(self.function, data.stream)
        allow_parking(self.function, data)
        self.mapping_id = self._trigger(stage, data)
        CfnOutput(self, "WorkerFunction", value=self.function.function_name)

    def _trigger(self, stage: Stage, data: DataStack) -> str:
        mapping = lambda_.CfnEventSourceMapping
        trigger = mapping(
            self,
            "Trigger",
            event_source_arn=data.stream.stream_arn,
            function_name=self.function.function_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            parallelization_factor=stage.parallel,
            maximum_retry_attempts=TRIES,
            maximum_record_age_in_seconds=int(RECORD_LIFE.to_seconds()),
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            # A queue would only be told sequence numbers; a bucket gets the whole record.
            destination_config=mapping.DestinationConfigProperty(
                on_failure=mapping.OnFailureProperty(destination=data.parked_arn)
            ),
            metrics_config=mapping.MetricsConfigProperty(metrics=["EventCount"]),
        )
        trigger.node.add_dependency(policy_of(self.function))
        return trigger.ref


def _allow_mail(function: lambda_.Function, stage: Stage) -> None:
    if stage.mail_identity:
        identity = Stack.of(function).format_arn(service="ses", resource="identity", resource_name=stage.mail_identity)
        allow(function, ["ses:SendEmail", "ses:SendRawEmail"], identity)


def _allow_text_messages(function: lambda_.Function, stage: Stage) -> None:
    """A phone has no ARN: topics have one, and all of them are left out, whatever their region and account."""
    if stage.text_messages:
        topics = Stack.of(function).format_arn(service="sns", region="*", account="*", resource="*")
        function.add_to_role_policy(iam.PolicyStatement(actions=["sns:Publish"], not_resources=[topics]))
