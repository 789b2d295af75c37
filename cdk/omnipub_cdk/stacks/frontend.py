"""What users see: one distribution with pages from Amplify Hosting and the API under `/api/*`."""

from typing import Any

from aws_cdk import Annotations, CfnOutput, Duration, SecretValue, Stack
from aws_cdk import aws_amplify as amplify
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from omnipub.names import ORIGIN_HEADER, SERVICE
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.security_headers import security_headers
from omnipub_cdk.stacks.api import ApiStack
from omnipub_cdk.stacks.auth import AuthStack
from omnipub_cdk.stacks.security import SecurityStack
from omnipub_cdk.stages import Stage

BRANCH = "live"

NO_FILE = r"</^[^.]+$|\.(?!(css|gif|html|ico|jpg|js|json|map|png|svg|txt|webp|woff|woff2)$)([^.]+$)/>"
"""Addresses that name no file belong to the console's own routing: they get its page."""


class FrontendStack(Stack):
    """The site. Pages are put there as a zip file by `omnipub deploy`; Amplify builds nothing."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        auth: AuthStack,
        api: ApiStack,
        security: SecurityStack,
        **values: Any,
    ) -> None:
        super().__init__(scope, name, **values)
        self.app, branch = _hosting(self, stage)
        headers = security_headers(self, name=f"{SERVICE}-{stage.name}-{stage.region}", connect_to=auth.sign_in_url)
        domain = f"{BRANCH}.{self.app.attr_default_domain}"
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"{SERVICE}, stage {stage.name}",
            default_root_object="index.html",
            default_behavior=_pages(domain, headers, cache=cloudfront.CachePolicy.CACHING_DISABLED),
            additional_behaviors={
                "/api/*": _requests(api, stage, headers),
                "/assets/*": _pages(domain, headers, cache=cloudfront.CachePolicy.CACHING_OPTIMIZED),
            },
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            web_acl_id=security.firewall.attr_arn if security.firewall else None,
            **_domain(self, stage),
        )
        self.distribution.node.add_dependency(branch)
        _acknowledge(self.distribution, stage)
        if not stage.domain:
            Annotations.of(self.distribution).add_info(
                "Without a domain browsers may speak TLS 1.0: CloudFront's certificate has no other least version."
            )
        CfnOutput(self, "Site", value=stage.site or f"https://{stage.domain or self.distribution.domain_name}")
        CfnOutput(self, "AmplifyApp", value=self.app.attr_app_id)
        CfnOutput(self, "AmplifyBranch", value=BRANCH)


def _hosting(stack: Stack, stage: Stage) -> tuple[amplify.CfnApp, amplify.CfnBranch]:
    rewrite = amplify.CfnApp.CustomRuleProperty(source=NO_FILE, target="/index.html", status="200")
    app = amplify.CfnApp(
        stack,
        "Pages",
        name=f"{SERVICE}-{stage.name}",
        platform="WEB",
        custom_rules=[rewrite],
        description="omnipub's pages",
    )
    branch = amplify.CfnBranch(stack, "Branch", app_id=app.attr_app_id, branch_name=BRANCH, stage="PRODUCTION")
    return app, branch


def _pages(
    domain: str, headers: cloudfront.ResponseHeadersPolicy, *, cache: cloudfront.ICachePolicy
) -> cloudfront.BehaviorOptions:
    """What Amplify serves: pages are fetched each time, scripts, styles and pictures are kept.

    Amplify gives each of them for a year to what stands in front of it. It lets browsers ask each time whether it has
    changed. Whoever deploys pages tells CloudFront to forget the old ones, once Amplify has the new ones.
    """
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(domain, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2]),
        cache_policy=cache,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        response_headers_policy=headers,
        compress=True,
    )


def _requests(api: ApiStack, stage: Stage, headers: cloudfront.ResponseHeadersPolicy) -> cloudfront.BehaviorOptions:
    secret = SecretValue.secrets_manager(
        api.origin_secret.secret_arn, version_id=stage.origin_secret_version or None
    ).unsafe_unwrap()  # CloudFormation's reference, which it resolves when it deploys; never the value
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(
            f"{api.api.http_api_id}.execute-api.{api.region}.amazonaws.com",
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=Duration.seconds(30),
            custom_headers={ORIGIN_HEADER: secret},
        ),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        response_headers_policy=headers,
    )


def _domain(stack: Stack, stage: Stage) -> dict[str, Any]:
    if not stage.domain:
        return {}
    return {
        "domain_names": [stage.domain],
        "certificate": certificates.Certificate.from_certificate_arn(stack, "Certificate", stage.certificate),
        "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
    }


def _acknowledge(distribution: cloudfront.Distribution, stage: Stage) -> None:
    acknowledge(distribution, "AwsSolutions-CFR1", "Its users may be anywhere.")
    acknowledge(
        distribution, "AwsSolutions-CFR3", "The API's access log and the firewall's have every request that matters."
    )
    if not stage.domain:
        acknowledge(
            distribution,
            "AwsSolutions-CFR4",
            "Without a domain CloudFront's own certificate is used, which lets old browsers speak TLS 1.0. "
            "A domain and its certificate raise that to TLS 1.2.",
        )
    if not stage.firewall:
        acknowledge(distribution, "AwsSolutions-CFR2", f"Stage {stage.name} goes without a firewall ($10 a month).")
