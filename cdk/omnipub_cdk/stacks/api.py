"""The HTTP API: one function behind routes that want a token, but for the few public ones; throttled and logged."""

import json
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from omnipub.names import API_ROOT, PUBLIC_ROUTES, SANDBOX_ROUTE
from omnipub_cdk.access_log import LOG_LINE
from omnipub_cdk.functions import CodeOf, allow, function, log_group
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stacks.auth import AuthStack
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.function_environment import environment
from omnipub_cdk.stacks.permissions import (
    allow_delay,
    allow_media,
    allow_sandbox_items,
    allow_seat,
    allow_stream,
    allow_table,
    allow_vault,
)
from omnipub_cdk.stages import Stage


class ApiStack(Stack):
    """The API. Only CloudFront knows the secret without which the function answers nobody."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        data: DataStack,
        auth: AuthStack,
        code_of: CodeOf,
        **values: Any,
    ) -> None:
        super().__init__(scope, name, **values)
        self.origin_secret = _secret(self)
        self.function = function(
            self,
            "api",
            stage=stage,
            code_of=code_of,
            memory=stage.api_memory,
            timeout=Duration.seconds(29),  # the gateway waits 30
            environment=environment(
                stage,
                data,
                auth=auth,
                origin_secret=self.origin_secret.secret_arn,
            ),
        )
        allow_table(self.function, data.table)
        allow_stream(self.function, data.stream)
        allow_seat(self.function, data)
        allow_media(self.function, data, writing=True)
        allow_vault(self.function, data.vault, opening=False)  # it faces the internet
        allow_delay(self.function, data)
        allow(self.function, ["secretsmanager:GetSecretValue"], self.origin_secret.secret_arn)
        self.api = self._routed(auth)
        if stage.has_sandbox:
            self._sandbox(stage, data, code_of)
        self._stage(stage)

    def _routed(self, auth: AuthStack) -> gateway.HttpApi:
        signed_in = authorizers.HttpUserPoolAuthorizer("SignedIn", auth.pool, user_pool_clients=[auth.client])
        api = gateway.HttpApi(
            self, "Api", api_name=self.stack_name, default_authorizer=signed_in, create_default_stage=False
        )
        to_function = integrations.HttpLambdaIntegration("Function", self.function)
        api.add_routes(path=f"{API_ROOT}/{{proxy+}}", integration=to_function)
        for (method, path), why in PUBLIC_ROUTES.items():
            (made,) = api.add_routes(
                path=path,
                methods=[gateway.HttpMethod[method]],
                authorizer=gateway.HttpNoneAuthorizer(),
                integration=to_function,
            )
            acknowledge(made, "AwsSolutions-APIG4", f"Public on purpose: it {why}.")
        return api

    def _sandbox(self, stage: Stage, data: DataStack, code_of: CodeOf) -> None:
        """The stage's own sandbox, which posts reach by invocation and signed-in operators through the API."""
        made = function(
            Construct(self, "Sandbox"),
            "sandbox",
            stage=stage,
            code_of=code_of,
            memory=stage.sandbox_memory,
            timeout=Duration.seconds(29),
            environment=environment(stage, data, origin_secret=self.origin_secret.secret_arn),
        )
        allow_sandbox_items(made, data.table)
        allow(made, ["secretsmanager:GetSecretValue"], self.origin_secret.secret_arn)
        to_sandbox = integrations.HttpLambdaIntegration("Sandbox", made)
        for path in (SANDBOX_ROUTE, f"{SANDBOX_ROUTE}/{{proxy+}}"):
            self.api.add_routes(path=path, methods=[gateway.HttpMethod.GET], integration=to_sandbox)

    def _stage(self, stage: Stage) -> None:
        lines = log_group(self, "AccessLog", stage, log_group_name=f"/aws/vendedlogs/{self.stack_name}")
        gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.http_api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.requests_per_second, throttling_burst_limit=stage.requests_at_once
            ),
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=lines.log_group_arn, format=json.dumps(LOG_LINE)
            ),
        )


def _secret(stack: Stack) -> secretsmanager.Secret:
    secret = secretsmanager.Secret(
        stack,
        "OriginSecret",
        description="Proves to the API that a request came through CloudFront",
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(
        secret, "AwsSolutions-SMG4", "CloudFront must learn each new value: docs/runbooks.md rotates it by hand."
    )
    return secret
