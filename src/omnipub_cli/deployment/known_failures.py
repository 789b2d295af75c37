"""Failures of AWS that an account meets once: one table from words of the reason to what to do. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class KnownFailure:
    """A failure; `words` is a pattern that its reason contains, `remedy` may hold {stage} and {region}."""

    words: str
    remedy: str


KNOWN: Sequence[KnownFailure] = (
    KnownFailure(
        words="account must be verified",
        remedy="Ask AWS' support to verify the account for CloudFront (a case about the account costs nothing): "
        "https://console.aws.amazon.com/support/home#/case/create",
    ),
    KnownFailure(
        words="detector already exists",
        remedy="GuardDuty is on already: omnipub deploy Security Frontend --stage {stage} -c guardduty=false",
    ),
    KnownFailure(
        words="already (subscribed to|enabled).*Security ?Hub|Security ?Hub.*already (enabled|exists)",
        remedy="Security Hub is on already: omnipub deploy Security Frontend --stage {stage} -c security_hub=false",
    ),
    KnownFailure(
        words="configuration recorder.*maximum|MaxNumberOfConfigurationRecorders",
        remedy="AWS Config is on already: omnipub deploy Security Frontend --stage {stage} -c config_recorder=false",
    ),
    KnownFailure(
        words="Domain already (associated|exists)",
        remedy="Another user pool has that address: omnipub deploy --stage {stage} -c sign_in_prefix=another-word",
    ),
    KnownFailure(
        words="resource polic.*(limit|exceeded)|LimitExceeded.*resource polic",
        remedy="Delete a resource policy that nobody needs: aws logs describe-resource-policies --region {region}",
    ),
    KnownFailure(
        words=r"below its minimum value of \[\d+\]",
        remedy="Ask for more runs side by side: aws service-quotas request-service-quota-increase "
        "--service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region {region}",
    ),
)


def remedy_of(reason: str, *, stage: str, region: str) -> str:
    """What to do about a failure with this reason; "" if nobody knows."""
    found = next((one for one in KNOWN if re.search(one.words, reason, re.IGNORECASE)), None)
    return found.remedy.format(stage=stage, region=region) if found else ""
