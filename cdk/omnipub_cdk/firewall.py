"""The firewall's rules, in their order. At most five: what a flat-rate plan of CloudFront includes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from aws_cdk import aws_wafv2 as waf

from omnipub.names import API_ROOT, SERVICE

GROUPS: Mapping[str, tuple[str, Sequence[str]]] = MappingProxyType(
    {
        "AWSManagedRulesKnownBadInputsRuleSet": (
            "known-bad-inputs",
            (
                "ExploitablePaths_URIPATH",
                "Host_localhost_HEADER",
                "JavaDeserializationRCE_BODY",
                "JavaDeserializationRCE_HEADER",
                "JavaDeserializationRCE_QUERYSTRING",
                "JavaDeserializationRCE_URIPATH",
                "Log4JRCE_BODY",
                "Log4JRCE_HEADER",
                "Log4JRCE_QUERYSTRING",
                "Log4JRCE_URIPATH",
                "PROPFIND_METHOD",
                "ReactJSRCE_BODY",
            ),
        ),
        "AWSManagedRulesCommonRuleSet": (
            "core-rule-set",
            (
                "CrossSiteScripting_BODY",
                "CrossSiteScripting_COOKIE",
                "CrossSiteScripting_QUERYARGUMENTS",
                "CrossSiteScripting_URIPATH",
                "EC2MetaDataSSRF_BODY",
                "EC2MetaDataSSRF_COOKIE",
                "EC2MetaDataSSRF_QUERYARGUMENTS",
                "EC2MetaDataSSRF_URIPATH",
                "GenericLFI_BODY",
                "GenericLFI_QUERYARGUMENTS",
                "GenericLFI_URIPATH",
                "GenericRFI_BODY",
                "GenericRFI_QUERYARGUMENTS",
                "GenericRFI_URIPATH",
                "NoUserAgent_HEADER",
                "RestrictedExtensions_QUERYARGUMENTS",
                "RestrictedExtensions_URIPATH",
                "SizeRestrictions_BODY",
                "SizeRestrictions_Cookie_HEADER",
                "SizeRestrictions_QUERYSTRING",
                "SizeRestrictions_URIPATH",
                "UserAgent_BadBots_HEADER",
            ),
        ),
    }
)
"""AWS's groups of rules that read requests → their word in labels, and their rules. A name ends in what it reads."""

_COUNTED_PARTS: Mapping[str, str] = MappingProxyType(
    {"_BODY": "_Body", "SizeRestrictions_QUERYSTRING": "SizeRestrictions_QueryString"}
)
"""End of a rule's name → the same in its label: of rules that refuse honest posts, images and cursors.

People publish addresses, paths and code (`http://192.168.0.1`, `../`, `${jndi:`), and the bytes of an image look like
anything. A cursor is longer than the 2 KB that AWS allows a query string.
"""

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
        *(_managed(2 + at, group, counted=tuple(_counted(group))) for at, group in enumerate(GROUPS)),
        _own(
            2 + len(GROUPS),
            "CountedElsewhere",
            _all(
                _any(*(_labelled(label) for group in GROUPS for label in _counted(group).values())),
                _not(_any(*map(_under, MESSAGE_ROUTES))),
            ),
        ),
    ]


def visibility(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Samples are kept and counts are given, under `name`."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=f"{SERVICE}-{name}", sampled_requests_enabled=True
    )


def _counted(group: str) -> Mapping[str, str]:
    """The group's rules that are counted on message routes, each with the label that it leaves on a request."""
    word, rules_of_it = GROUPS[group]
    return {
        rule: f"awswaf:managed:aws:{word}:{rule.removesuffix(end)}{in_label}"
        for rule in rules_of_it
        for end, in_label in _COUNTED_PARTS.items()
        if rule.endswith(end)
    }


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
        visibility_config=visibility(name),
    )


def _own(priority: int, name: str, statement: _Statement) -> _Rule:
    block = waf.CfnWebACL.RuleActionProperty(block={})
    return _Rule(name=name, priority=priority, statement=statement, action=block, visibility_config=visibility(name))


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
