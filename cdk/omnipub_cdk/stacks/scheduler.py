"""Scheduling: a tick each minute, the consumer of the delay queue, a queue of failed calls."""

from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from omnipub import __version__
from omnipub.names import SANDBOX_ADDRESS
from omnipub_cdk.functions import CodeOf, function, function_name, policy_of
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stacks.data import DELAY_TIMEOUT, DataStack
from omnipub_cdk.stacks.function_environment import environment
from omnipub_cdk.stacks.permissions import (
    allow_delay,
    allow_seat,
    allow_stream,
    allow_table,
    allow_telling,
    allow_waking,
)
from omnipub_cdk.stages import Stage

TIMEOUT = Duration.seconds(240)
"""A tick after an outage puts a long backlog, and an operator's run-now everything that is due."""

TICK_LIFE = Duration.seconds(60)
"""A tick older than this is left to the next one."""


class SchedulerStack(Stack):
    """The scheduler. Nothing in it waits for a moment; none of its functions reserves concurrency."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, data: DataStack, code_of: CodeOf, **values: Any
    ) -> None:
        super().__init__(scope, name, **values)
        self.failures = _queue(self)
        self.function = function(
            self,
            "scheduler",
            stage=stage,
            code_of=code_of,
            memory=stage.scheduler_memory,
            timeout=TIMEOUT,
            environment=environment(stage, data, topic=data.topic.topic_arn),
            retry_attempts=1,
            max_event_age=TICK_LIFE,
            on_failure=destinations.SqsDestination(self.failures),
        )
        allow_table(self.function, data.table)
        allow_stream(self.function, data.stream)
        allow_delay(self.function, data)
        allow_seat(self.function, data)
        allow_telling(self.function, data.topic)
        self.delay = self._delay(stage, data, code_of)
        # A stage whose other stacks still call the scheduler cannot lose this export; they come after this stack.
        self.export_value(self.function.function_arn)
        self._tick()
        self._add_outputs(stage)

    def _add_outputs(self, stage: Stage) -> None:
        """What `omnipub --stage` must know of the functions, which are deployed together."""
        CfnOutput(self, "SchedulerFunction", value=self.function.function_name)
        CfnOutput(self, "DelayFunction", value=self.delay.function_name)
        CfnOutput(self, "Mode", value=stage.mode.value)
        CfnOutput(self, "WorkerTimeout", value=str(stage.worker_timeout))
        CfnOutput(self, "Version", value=__version__)
        if stage.has_sandbox:
            CfnOutput(self, "SandboxUrl", value=SANDBOX_ADDRESS)
            CfnOutput(self, "SandboxFunction", value=function_name(stage, "sandbox"))
        elif stage.sandbox_url:
            CfnOutput(self, "SandboxUrl", value=stage.sandbox_url)

    def _delay(self, stage: Stage, data: DataStack, code_of: CodeOf) -> lambda_.Function:
        """The consumer of the delay queue: it puts on the stream what has become due, and waits for nothing."""
        made = function(
            Construct(self, "Delay"),
            "delay",
            stage=stage,
            code_of=code_of,
            memory=stage.delay_memory,
            timeout=DELAY_TIMEOUT,
            environment=environment(stage, data, parked=data.parked.bucket_name),
        )
        allow_table(made, data.table)
        allow_stream(made, data.stream)
        allow_delay(made, data)
        allow_seat(made, data)
        allow_waking(made, data)
        trigger = lambda_.CfnEventSourceMapping(
            self,
            "Trigger",
            event_source_arn=data.delay.queue_arn,
            function_name=made.function_arn,
            batch_size=10,  # more would take a window of a second
            function_response_types=["ReportBatchItemFailures"],
            # No MaximumConcurrency: with it, AWS keeps more pollers than quiet times need.
        )
        trigger.node.add_dependency(policy_of(made))
        return made

    def _tick(self) -> None:
        role = iam.Role(
            self,
            "TickRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.function.function_arn])
        )
        self.failures.grant_send_messages(role)
        scheduler.CfnSchedule(
            self,
            "Tick",
            description="Makes what is due leave on time",
            schedule_expression="rate(1 minute)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.function.function_arn,
                role_arn=role.role_arn,
                input=self.to_json_string(
                    {
                        "source": "omnipub.tick",
                        "scheduled_at": "<aws.scheduler.scheduled-time>",
                        "execution_id": "<aws.scheduler.execution-id>",
                    }
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=int(TICK_LIFE.to_seconds()), maximum_retry_attempts=1
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.failures.queue_arn),
            ),
        ).node.add_dependency(role.node.find_child("DefaultPolicy"))


def _queue(stack: Stack) -> sqs.Queue:
    queue = sqs.Queue(
        stack,
        "Failures",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(queue, "AwsSolutions-SQS3", "It is itself where failed calls go.")
    return queue
