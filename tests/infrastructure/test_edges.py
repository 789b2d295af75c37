"""What the outside meets: sign-in, the API's routes, the firewall, the site."""

import json
from typing import Any

import pytest

from omnipub.names import API_ROOT, AUTHORS_GROUP, OPERATORS_GROUP, PUBLIC_ROUTES


def test_only_the_named_routes_want_no_token(prod: Any) -> None:
    routes = prod.of("Api", "AWS::ApiGatewayV2::Route")
    public = {route["RouteKey"] for route in routes if route["AuthorizationType"] == "NONE"}
    assert public == {f"{method} {path}" for method, path in PUBLIC_ROUTES}
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


def test_the_firewall_counts_rules_about_bodies_on_message_routes_and_blocks_elsewhere(prod: Any) -> None:
    acl = prod.only("Security", "AWS::WAFv2::WebACL")
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert acl["Scope"] == "CLOUDFRONT"
    assert len(rules) == 5, "what a flat-rate plan includes"
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    counted = {one["Name"]: one["ActionToUse"] for one in common["RuleActionOverrides"]}
    assert counted == {"SizeRestrictions_BODY": {"Count": {}}, "CrossSiteScripting_BODY": {"Count": {}}}
    elsewhere = rules["BodiesElsewhere"]
    assert "Block" in elsewhere["Action"]
    assert elsewhere["Priority"] > rules["AWSManagedRulesCommonRuleSet"]["Priority"], "labels come from rules before"
    text = json.dumps(elsewhere["Statement"])
    assert all(f'"{API_ROOT}/{route}"' in text for route in ("messages", "certifications", "media"))
    for rule in rules.values():
        group = rule["Statement"].get("ManagedRuleGroupStatement")
        assert ("OverrideAction" if group else "Action") in rule


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
    (behaviour,) = site["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    assert set(behaviour["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "AWS' policy CachingDisabled"
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac", "AllViewerExceptHostHeader"
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert {one["CustomOriginConfig"]["OriginProtocolPolicy"] for one in site["Origins"]} == {"https-only"}


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
    for file in ("/status.js", "/status.css", "/icon.svg", "/index.html"):
        assert not expression.search(file), file
