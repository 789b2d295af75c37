"""What makes it punctual: a tick each minute, a function that waits for due moments, a queue of calls that failed."""

from typing import Any

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from omnipub import __version__
from omnipub_cdk.functions import CodeOf, allow, function, function_name
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.function_environment import environment
from omnipub_cdk.stacks.permissions import allow_seat, allow_stream, allow_table
from omnipub_cdk.stages import Stage

TIMEOUT = Duration.seconds(240)
"""A tick waits for moments up to 150 s ahead and then still puts them."""

TICK_LIFE = Duration.seconds(60)
"""A tick older than this is left to the next one."""

CALL_LIFE = Duration.seconds(150)
"""So long may a nudge wait for a free place; later, a tick has found what it names."""


class SchedulerStack(Stack):
    """The scheduler. It has no concurrency of its own: a limit would throttle nudges while ticks wait."""

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
            environment=environment(stage, data),
            retry_attempts=1,
            max_event_age=CALL_LIFE,
            on_failure=destinations.SqsDestination(self.failures),
        )
        allow_table(self.function, data.table)
        allow_stream(self.function, data.stream)
        allow_seat(self.function, data)
        # By its name: a reference to itself would make the function wait for its own role.
        own = self.format_arn(
            service="lambda",
            resource="function",
            resource_name=function_name(stage, "scheduler"),
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        allow(self.function, ["lambda:InvokeFunction"], own)
        self._tick()
        self._say(stage)

    def _say(self, stage: Stage) -> None:
        """What `omnipub --stage` must know of the functions, which are deployed together."""
        CfnOutput(self, "SchedulerFunction", value=self.function.function_name)
        CfnOutput(self, "Mode", value=stage.mode.value)
        CfnOutput(self, "WorkerTimeout", value=str(stage.worker_timeout))
        CfnOutput(self, "Version", value=__version__)
        if stage.sandbox_url:
            CfnOutput(self, "SandboxUrl", value=stage.sandbox_url)

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
