"""The firewall's rules, in their order. At most five: what a flat-rate plan of CloudFront includes."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_wafv2 as waf

from omnipub.names import API_ROOT, SERVICE

COUNTED: Mapping[str, str] = {
    "SizeRestrictions_BODY": "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
    "CrossSiteScripting_BODY": "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
}
"""Rules about bodies that would refuse honest messages (a post about `<script>`, an image), and their labels."""

MESSAGE_ROUTES = (f"{API_ROOT}/messages", f"{API_ROOT}/certifications", f"{API_ROOT}/media")
"""Where a body is what somebody wants to publish. Everywhere else those rules block."""

_Rule = waf.CfnWebACL.RuleProperty
_Statement = waf.CfnWebACL.StatementProperty


def rules(*, requests_per_address: int) -> Sequence[_Rule]:
    """All rules: the cheap and certain ones first."""
    return [
        _managed(0, "AWSManagedRulesAmazonIpReputationList"),
        _own(
            1,
            "Rate",
            _Statement(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP", limit=requests_per_address
                )
            ),
        ),
        _managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
        _managed(3, "AWSManagedRulesCommonRuleSet", counted=tuple(COUNTED)),
        _own(
            4,
            "BodiesElsewhere",
            _all(_any(*map(_labelled, COUNTED.values())), _not(_any(*map(_under, MESSAGE_ROUTES)))),
        ),
    ]


def seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Samples are kept and counts are given, under `name`."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=f"{SERVICE}-{name}", sampled_requests_enabled=True
    )


def _managed(priority: int, name: str, *, counted: Sequence[str] = ()) -> _Rule:
    count = waf.CfnWebACL.RuleActionProperty(count={})
    overrides = [waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted]
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=name, rule_action_overrides=overrides or None
    )
    return _Rule(
        name=name,
        priority=priority,
        statement=_Statement(managed_rule_group_statement=group),
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=seen(name),
    )


def _own(priority: int, name: str, statement: _Statement) -> _Rule:
    block = waf.CfnWebACL.RuleActionProperty(block={})
    return _Rule(name=name, priority=priority, statement=statement, action=block, visibility_config=seen(name))


def _labelled(label: str) -> _Statement:
    return _Statement(label_match_statement=waf.CfnWebACL.LabelMatchStatementProperty(scope="LABEL", key=label))


def _under(path: str) -> _Statement:
    return _Statement(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=path,
            text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
        )
    )


def _any(*statements: _Statement) -> _Statement:
    return _Statement(or_statement=waf.CfnWebACL.OrStatementProperty(statements=list(statements)))


def _all(*statements: _Statement) -> _Statement:
    return _Statement(and_statement=waf.CfnWebACL.AndStatementProperty(statements=list(statements)))


def _not(statement: _Statement) -> _Statement:
    return _Statement(not_statement=waf.CfnWebACL.NotStatementProperty(statement=statement))
