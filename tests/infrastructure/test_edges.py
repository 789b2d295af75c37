"""What the outside meets: sign-in, the API's routes, the firewall, the site."""

import json
from typing import Any

import pytest

from omnipub.handlers.api.app import ROUTES
from omnipub.handlers.api.router import Public
from omnipub.names import API_ROOT, AUTHORS_GROUP, OPERATORS_GROUP


def test_the_gateways_public_routes_are_those_of_the_apis_code(prod: Any) -> None:
    routes = prod.of("Api", "AWS::ApiGatewayV2::Route")
    public = {route["RouteKey"] for route in routes if route["AuthorizationType"] == "NONE"}
    assert public == {f"{route.method} {API_ROOT}{route.path}" for route in ROUTES if isinstance(route, Public)}
    assert {route["RouteKey"]: route["AuthorizationType"] for route in routes if route["RouteKey"] not in public} == {
        f"ANY {API_ROOT}/{{proxy+}}": "JWT"
    }


def test_tokens_are_those_of_our_pool_for_our_client(prod: Any) -> None:
    jwt = prod.only("Api", "AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert "cognito-idp" in json.dumps(jwt["Issuer"])
    assert len(jwt["Audience"]) == 1


def test_the_api_is_throttled_and_its_log_names_no_address_and_no_token(prod: Any) -> None:
    stage = prod.only("Api", "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 500, "ThrottlingRateLimit": 200}
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert "$context.status" in line.values()
    assert not [value for value in line.values() if "sourceIp" in value or "uthorization" in value]


@pytest.mark.parametrize("made", ["prod", "far"])
def test_the_origin_secret_is_nowhere_in_plain_text(made: str, request: pytest.FixtureRequest) -> None:
    synthesised = request.getfixturevalue(made)
    secret = synthesised.only("Api", "AWS::SecretsManager::Secret")
    assert "SecretString" not in secret, "Secrets Manager makes it up itself"
    (origin,) = (
        origin
        for origin in synthesised.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"]
        if "OriginCustomHeaders" in origin
    )
    (header,) = origin["OriginCustomHeaders"]
    before, _, after = header["HeaderValue"]["Fn::Join"][1]
    assert before == "{{resolve:secretsmanager:"
    version = "01234567-89ab-cdef-0123-456789abcdef" if made == "far" else ""
    assert after == f":SecretString:::{version}}}}}", "a rotation changes the template, or nothing would be deployed"
    for template in synthesised.stacks.values():
        assert "resolve:" not in json.dumps(template.get("Outputs", {}))


def test_sign_in_is_by_code_with_proof_for_a_client_without_a_secret(prod: Any) -> None:
    client = prod.only("Auth", "AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    pool = prod.only("Auth", "AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert (pool["UserPoolTier"], pool["MfaConfiguration"]) == ("ESSENTIALS", "ON")
    assert prod.only("Auth", "AWS::Cognito::UserPoolDomain")["ManagedLoginVersion"] == 2
    groups = {group["GroupName"] for group in prod.of("Auth", "AWS::Cognito::UserPoolGroup")}
    assert groups == {OPERATORS_GROUP, AUTHORS_GROUP}


def test_google_and_linkedin_are_offered_where_they_are_configured(prod: Any, far: Any) -> None:
    assert prod.only("Auth", "AWS::Cognito::UserPoolClient")["SupportedIdentityProviders"] == ["COGNITO"]
    assert len(far.only("Auth", "AWS::Cognito::UserPoolClient")["SupportedIdentityProviders"]) == 3
    providers = {
        one["ProviderType"]: one["ProviderDetails"] for one in far.of("Auth", "AWS::Cognito::UserPoolIdentityProvider")
    }
    assert set(providers) == {"Google", "OIDC"}
    for details in providers.values():
        assert "resolve:secretsmanager" in json.dumps(details["client_secret"])


def test_the_firewall_is_five_rules_in_front_of_cloudfront(prod: Any) -> None:
    acl = prod.only("Security", "AWS::WAFv2::WebACL")
    assert acl["Scope"] == "CLOUDFRONT"
    assert acl["DefaultAction"] == {"Allow": {}}
    assert len(acl["Rules"]) == 5, "what a flat-rate plan includes"
    for rule in acl["Rules"]:
        group = rule["Statement"].get("ManagedRuleGroupStatement")
        assert ("OverrideAction" if group else "Action") in rule


BODY_LABELS = {
    "core-rule-set:CrossSiteScripting_Body",
    "core-rule-set:EC2MetaDataSSRF_Body",
    "core-rule-set:GenericLFI_Body",
    "core-rule-set:GenericRFI_Body",
    "core-rule-set:SizeRestrictions_Body",
    "known-bad-inputs:JavaDeserializationRCE_Body",
    "known-bad-inputs:Log4JRCE_Body",
    "known-bad-inputs:ReactJSRCE_Body",
}
"""AWS's documentation of the groups: the labels of all their rules that read a body."""


@pytest.mark.parametrize("label", sorted(BODY_LABELS | {"core-rule-set:SizeRestrictions_QueryString"}))
def test_what_people_publish_passes_the_firewall_and_is_blocked_elsewhere(prod: Any, label: str) -> None:
    for route in ("messages", "messages/01ABC", "certifications", "media"):
        assert not _blocked(prod, label, f"{API_ROOT}/{route}"), route
    for route in (f"{API_ROOT}/channels", "/", "/signed-in"):
        assert _blocked(prod, label, route), route


@pytest.mark.parametrize("label", ["core-rule-set:GenericLFI_URIPath", "known-bad-inputs:Log4JRCE_Header"])
def test_a_rule_that_reads_no_body_blocks_everywhere(prod: Any, label: str) -> None:
    assert _blocked(prod, label, f"{API_ROOT}/messages")


def _blocked(made: Any, label: str, path: str) -> bool:
    """Whether the firewall blocks a request to a path that AWS's rule with this label has matched."""
    group, _, rule = label.partition(":")
    rules = sorted(made.only("Security", "AWS::WAFv2::WebACL")["Rules"], key=lambda one: one["Priority"])
    left: set[str] = set()
    for one in rules:
        managed = one["Statement"].get("ManagedRuleGroupStatement")
        if managed is None:
            if "RateBasedStatement" not in one["Statement"] and _matches(one["Statement"], left, path):
                assert one["Action"] == {"Block": {}}
                return True
        elif managed["Name"] == {"core-rule-set": "AWSManagedRulesCommonRuleSet"}.get(
            group, "AWSManagedRulesKnownBadInputsRuleSet"
        ):
            actions = {over["Name"].lower(): over["ActionToUse"] for over in managed.get("RuleActionOverrides", ())}
            if actions.get(rule.lower()) != {"Count": {}}:
                return True
            left.add(f"awswaf:managed:aws:{label}")
    return False


def _matches(statement: dict[str, Any], labels: set[str], path: str) -> bool:
    ((kind, body),) = statement.items()
    match kind:
        case "AndStatement":
            return all(_matches(one, labels, path) for one in body["Statements"])
        case "OrStatement":
            return any(_matches(one, labels, path) for one in body["Statements"])
        case "NotStatement":
            return not _matches(body["Statement"], labels, path)
        case "LabelMatchStatement":
            assert body["Scope"] == "LABEL"
            return body["Key"] in labels
        case "ByteMatchStatement":
            assert (body["FieldToMatch"], body["PositionalConstraint"]) == ({"UriPath": {}}, "STARTS_WITH")
            return path.startswith(body["SearchString"])
        case _:
            raise AssertionError(f"this test cannot read a {kind}")


def test_guards_of_the_account_are_made_or_said_to_be_left_alone(prod: Any, dev: Any) -> None:
    assert prod.of("Security", "AWS::GuardDuty::Detector")
    assert not prod.of("Security", "AWS::SecurityHub::Hub"), "without AWS Config it sees next to nothing"
    said = dev.stacks["OmnichannelSecurityStack"]["Outputs"]
    assert "left to the account" in said["GuardDutyIs"]["Value"]
    assert "left to the account" in said["ConfigIs"]["Value"]
    assert "of what AWS Config does not record it sees next to nothing" in said["SecurityHubIs"]["Value"]


def test_security_hub_comes_with_a_recorder_where_both_are_asked_for(far: Any) -> None:
    assert far.only("Security", "AWS::Config::ConfigurationRecorder")["RecordingGroup"]["AllSupported"] is True
    assert far.of("Security", "AWS::SecurityHub::Hub")
    (policy,) = far.of("Security", "AWS::S3::BucketPolicy")
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert {one["Principal"]["Service"] for one in allowed} == {"config.amazonaws.com"}
    assert all(one["Condition"]["StringEquals"]["aws:SourceAccount"] for one in allowed)


def test_production_returns_from_sign_in_to_its_own_site_alone(prod: Any, far: Any, dev: Any) -> None:
    def returns(made: Any) -> list[str]:
        client = made.only("Auth", "AWS::Cognito::UserPoolClient")
        return [*client["CallbackURLs"], *client["LogoutURLs"]]

    assert returns(far) == ["https://publish.example.com/signed-in", "https://publish.example.com/"]
    assert returns(prod) == ["https://omnipub.invalid/signed-in", "https://omnipub.invalid/"], "no address yet"
    assert "http://localhost:5173/signed-in" in returns(dev)


def test_one_stage_may_live_in_two_regions(prod: Any, far: Any) -> None:
    def name(made: Any) -> str:
        config = made.only("Frontend", "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
        return str(config["Name"])

    assert name(prod) == "omnipub-prod-us-east-1"
    assert name(far) == "omnipub-prod-eu-central-1", "the name of such a policy is one in all regions"


def test_away_from_cloudfronts_region_the_firewall_has_a_stack_there(far: Any) -> None:
    assert "OmnichannelEdgeSecurityStack" in far.stacks
    assert not far.of("Security", "AWS::WAFv2::WebACL")
    assert far.of("Security", "AWS::GuardDuty::Detector")
    site = far.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert site["WebACLId"]["Fn::GetStackOutput"]["Region"] == "us-east-1"
    manifest = json.loads((far.folder / "manifest.json").read_text())["artifacts"]
    regions = {name: manifest[name]["environment"].rpartition("/")[2] for name in far.stacks}
    assert regions.pop("OmnichannelEdgeSecurityStack") == "us-east-1"
    assert set(regions.values()) == {"eu-central-1"}


def test_a_stage_without_any_guard_has_an_empty_stack_that_says_so_and_no_second_one(bare: Any) -> None:
    assert "OmnichannelEdgeSecurityStack" not in bare.stacks
    assert "Resources" not in bare.stacks["OmnichannelSecurityStack"]
    assert len(bare.stacks["OmnichannelSecurityStack"]["Outputs"]) == 3
    assert "WebACLId" not in bare.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]


def test_requests_go_to_the_api_uncached_and_without_the_sites_host_name(prod: Any) -> None:
    site = prod.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]
    (behaviour,) = (one for one in site["CacheBehaviors"] if one["PathPattern"] == "/api/*")
    assert set(behaviour["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "AWS' policy CachingDisabled"
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac", "AllViewerExceptHostHeader"
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert {one["CustomOriginConfig"]["OriginProtocolPolicy"] for one in site["Origins"]} == {"https-only"}


def test_scripts_and_styles_are_kept_at_the_edge_and_pages_are_not(prod: Any) -> None:
    site = prod.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]
    (assets,) = (one for one in site["CacheBehaviors"] if one["PathPattern"] == "/assets/*")
    pages = site["DefaultCacheBehavior"]
    assert assets["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6", "AWS' policy CachingOptimized"
    assert pages["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "AWS' policy CachingDisabled"
    origins = {one["Id"]: one for one in site["Origins"]}
    where = [origins[one["TargetOriginId"]]["DomainName"] for one in (assets, pages)]
    assert where[0] == where[1]
    assert assets["ResponseHeadersPolicyId"] == pages["ResponseHeadersPolicyId"]


def test_pages_carry_a_policy_that_lets_no_foreign_script_run(prod: Any) -> None:
    config = prod.only("Frontend", "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    headers = config["SecurityHeadersConfig"]
    policy = json.dumps(headers["ContentSecurityPolicy"])
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 2 * 365 * 24 * 3600


def test_a_domain_brings_modern_tls(far: Any, prod: Any) -> None:
    certificate = far.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]["ViewerCertificate"]
    assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert "ViewerCertificate" not in prod.only("Frontend", "AWS::CloudFront::Distribution")["DistributionConfig"]


def test_addresses_of_the_console_get_its_page_and_files_stay_files(prod: Any) -> None:
    import re

    app = prod.only("Frontend", "AWS::Amplify::App")
    (rule,) = app["CustomRules"]
    assert (rule["Target"], rule["Status"]) == ("/index.html", "200")
    assert "Repository" not in app, "pages come as a zip file"
    expression = re.compile(rule["Source"].removeprefix("</").removesuffix("/>"))
    for address in ("/", "/messages/01ABC", "/signed-in"):
        assert expression.search(address), address
    for file in ("/assets/status.js", "/assets/status.css", "/assets/icon.svg", "/index.html"):
        assert not expression.search(file), file
