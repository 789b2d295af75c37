"""What an operator keeps open: one dashboard, and the alarms that call somebody."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from omnipub.names import SERVICE
from omnipub_cdk.alarms import ALARMS, Alarm, AlarmSources
from omnipub_cdk.dashboard import widgets
from omnipub_cdk.metrics import SIGNALS
from omnipub_cdk.stacks.api import ApiStack
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.scheduler import SchedulerStack
from omnipub_cdk.stacks.worker import WorkerStack
from omnipub_cdk.stages import Stage


class MonitoringStack(Stack):
    """Figures, dashboard, alarms."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        data: DataStack,
        api: ApiStack,
        worker: WorkerStack,
        scheduler: SchedulerStack,
        **values: Any,
    ) -> None:
        super().__init__(scope, name, **values)
        watched = AlarmSources(
            namespace=f"{SERVICE}/{stage.name}",
            functions={
                "api": api.function,
                "worker": worker.function,
                "sender": worker.sender,
                "scheduler": scheduler.function,
                "delay": scheduler.delay,
            },
            mapping_id=worker.mapping_id,
            api=api.api,
            failures=scheduler.failures,
        )
        _count_lines(self, watched)
        alarms = [_alarm(self, alarm, watched, data.topic) for alarm in ALARMS]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{SERVICE}-{stage.name}",
            default_interval=Duration.hours(3),
            widgets=widgets(watched, alarms, table=data.table, stream=data.stream),
        )


def _count_lines(stack: Stack, watched: AlarmSources) -> None:
    for signal in SIGNALS:
        for name in signal.functions:
            logs.MetricFilter(
                stack,
                f"{signal.name}{signal.amount.title()}In{name.title()}",
                log_group=watched.functions[name].log_group,
                filter_pattern=logs.FilterPattern.literal(signal.pattern),
                metric_namespace=watched.namespace,
                metric_name=signal.name,
                metric_value=signal.value,
            )


def _alarm(stack: Stack, alarm: Alarm, watched: AlarmSources, topic: sns.Topic) -> cloudwatch.Alarm:
    comparison = cloudwatch.ComparisonOperator
    missing = cloudwatch.TreatMissingData
    made = cloudwatch.Alarm(
        stack,
        alarm.name,
        alarm_name=f"{watched.namespace} {alarm.name}",
        alarm_description=f"{alarm.why} What to do: {alarm.runbook}",
        metric=alarm.figure(watched),
        threshold=alarm.limit,
        comparison_operator=comparison.LESS_THAN_THRESHOLD
        if alarm.below
        else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluation_periods=alarm.periods,
        treat_missing_data=missing.BREACHING if alarm.silence else missing.NOT_BREACHING,
    )
    to_topic = actions.SnsAction(topic)
    made.add_alarm_action(to_topic)
    made.add_ok_action(to_topic)
    return made
