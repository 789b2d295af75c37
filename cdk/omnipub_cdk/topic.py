"""The topic over which a stage tells people what needs them: alarms of CloudWatch, and notices of the scheduler."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from omnipub_cdk.stages import Stage


def topic_of(stack: Stack, stage: Stage) -> sns.Topic:
    """The topic, and the address of the stage's values as its subscriber.

    A policy of a topic replaces the one that it has when it is made. That one lets CloudWatch of the same account
    publish. `enforce_ssl` writes such a policy, of one refusal alone: so CloudWatch needs its permission in words.
    """
    topic = sns.Topic(stack, "Alarms", display_name=f"omnipub {stage.name}", enforce_ssl=True)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    if stage.alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
    return topic
