"""How a Lambda function of omnipub is made: its code, its log group and its role.

The role may do nothing else yet.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from omnipub.config import LogLevel
from omnipub.names import SERVICE
from omnipub.storage.schema import fingerprint
from omnipub_cdk.bundling.tables import ENTRIES
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stages import Stage

RUNTIME = lambda_.Runtime.PYTHON_3_13
"""The bundle's bytecode is compiled for this one; see `bundling`."""

CodeOf = Callable[[str, str], lambda_.Code]
"""The code of a function of ENTRIES for an architecture."""

_RETENTION = {7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 90: "THREE_MONTHS", 365: "ONE_YEAR"}

_LEVELS: Mapping[LogLevel, lambda_.ApplicationLogLevel] = dict.fromkeys(LogLevel, lambda_.ApplicationLogLevel.INFO) | {
    LogLevel.DEBUG: lambda_.ApplicationLogLevel.DEBUG
}
"""What Lambda lets through. The functions leave out what the stage does not want. Lambda must not, because figures are
counted from lines of level INFO.
"""


def bundled(function: str, architecture: str) -> lambda_.Code:
    """The real code: bundled for Lambda, reproducible, so that what has not changed is not deployed again."""
    from omnipub_cdk.bundling import bundle

    return lambda_.Code.from_asset(str(bundle(function, architecture=architecture)))


def function_name(stage: Stage, function: str) -> str:
    """A function's name, known before it exists: functions call each other by it."""
    return f"{SERVICE}-{stage.name}-{function}"


def log_group(scope: Construct, name: str, stage: Stage, **values: Any) -> logs.LogGroup:
    """A log group that deletes lines after a while."""
    kept = logs.RetentionDays(_RETENTION[stage.log_days])
    return logs.LogGroup(scope, name, retention=kept, removal_policy=RemovalPolicy.DESTROY, **values)


def function(
    scope: Construct,
    name: str,
    *,
    stage: Stage,
    code_of: CodeOf,
    memory: int,
    timeout: Duration,
    environment: Mapping[str, str],
    **asynchronous: Any,
) -> lambda_.Function:
    """The function `name` of ENTRIES.

    Args:
        scope: The stack, or what holds a further function of a stack.
        name: Which.
        stage: Its values.
        code_of: Gives its code.
        memory: MB.
        timeout: Of a run.
        environment: Its variables.
        asynchronous: Bounds asynchronous calls of it.
    """
    lines = log_group(scope, "Log", stage)
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    lines.grant_write(role)
    made = lambda_.Function(
        scope,
        "Function",
        function_name=function_name(stage, name),
        description=f"omnipub {name}, stage {stage.name}",
        runtime=RUNTIME,
        architecture=lambda_.Architecture.ARM_64 if stage.architecture == "arm64" else lambda_.Architecture.X86_64,
        code=code_of(name, stage.architecture),
        handler=f"{ENTRIES[name]}.handler",
        memory_size=memory,
        timeout=timeout,
        environment=dict(environment),
        role=role,
        log_group=lines,
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=_LEVELS[stage.log_level],
        system_log_level_v2=lambda_.SystemLogLevel.WARN,
        **asynchronous,
    )
    acknowledge(made, "AwsSolutions-L1", "The bundle holds bytecode for 3.13, which Lambda supports until 2029-06-30.")
    # What may write beside it, and what may be put back in its place: only code that means the same by the table.
    if isinstance(scope, Stack):
        CfnOutput(scope, "Schema", value=fingerprint())
    return made


def policy_of(function: lambda_.Function) -> IConstruct:
    """The policy in which everything stands that a function may do, once there is something."""
    if function.role is None:
        raise AssertionError("a function of ours has a role")
    return function.role.node.find_child("DefaultPolicy")


def allow(function: lambda_.Function, actions: Sequence[str], *resources: str) -> None:
    """Let a function do exactly this to exactly these."""
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
