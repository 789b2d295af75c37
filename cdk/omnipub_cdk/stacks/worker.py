"""What publishes: a function that the stream feeds, and the sender that it hands over to.

Only the sender waits for networks. What either gives up on goes whole to the bucket of parked records.
"""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from omnipub_cdk.functions import CodeOf, allow, function, policy_of
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.function_environment import environment
from omnipub_cdk.stacks.permissions import (
    allow_calls_to_be_parked,
    allow_delay,
    allow_handing_over,
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

HAND_OVER_TIMEOUT = Duration.seconds(30)
"""Of a run of the worker, which calls the sender and waits for no network."""

CALL_LIFE = Duration.seconds(60)
"""A call of the sender older than this is parked: a tick has put again what it names. Lambda takes no less."""

RECORD_LIFE = Duration.hours(1)
"""A pointer older than this is parked: what it names has been put again by then."""


class WorkerStack(Stack):
    """The worker and the sender."""

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
            timeout=HAND_OVER_TIMEOUT,
            environment=environment(stage, data, handing_over=True),
        )
        allow_table(self.function, data.table)
        allow_seat(self.function, data)
        allow_handing_over(self.function, stage)
        allow_reading(self.function, data.stream)
        allow_parking(self.function, data)
        self.sender = self._sender(stage, data, code_of)
        self.mapping_id = self._trigger(stage, data)
        CfnOutput(self, "WorkerFunction", value=self.function.function_name)
        CfnOutput(self, "SenderFunction", value=self.sender.function_name)

    def _sender(self, stage: Stage, data: DataStack, code_of: CodeOf) -> lambda_.Function:
        """What sends to the networks, a thread for each account of a call. Only our own code tries anything again."""
        made = function(
            Construct(self, "Sender"),
            "sender",
            stage=stage,
            code_of=code_of,
            memory=stage.sender_memory,
            timeout=Duration.seconds(stage.worker_timeout),
            environment=environment(stage, data, handing_over=True),
        )
        allow_table(made, data.table)
        allow_stream(made, data.stream)
        allow_seat(made, data)
        allow_media(made, data, writing=False)
        allow_vault(made, data.vault, opening=True)
        allow_delay(made, data)
        allow_sandbox(made, stage)
        allow_handing_over(made, stage)  # to a run of its own, what a run died with
        _allow_mail(made, stage)
        _allow_text_messages(made, stage)
        allow_calls_to_be_parked(made, data)
        config = lambda_.CfnEventInvokeConfig
        calls = config(
            self,
            "Calls",
            function_name=made.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=0,  # our own death is a try; the table repeats
            maximum_event_age_in_seconds=int(CALL_LIFE.to_seconds()),
            destination_config=config.DestinationConfigProperty(
                on_failure=config.OnFailureProperty(destination=data.parked_arn)
            ),
        )
        calls.node.add_dependency(policy_of(made))
        return made

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
