"""What every answer of the site tells browsers: which scripts may run, that HTTPS stays, that nobody frames it."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudfront as cloudfront


def security_headers(stack: Stack, *, name: str, connect_to: str) -> cloudfront.ResponseHeadersPolicy:
    """The policy; scripts may talk to the site itself and to `connect_to`.

    Its name is global in an account. Without the region in it, a stage of one name could live in one region alone.
    """
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self' {connect_to}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
    return cloudfront.ResponseHeadersPolicy(
        stack,
        "Headers",
        response_headers_policy_name=name,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(730), include_subdomains=True, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override=True
            ),
        ),
    )
