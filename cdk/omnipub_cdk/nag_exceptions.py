"""Findings of cdk-nag that are meant to be: each on one resource, with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule` on `resource` and on nothing else."""
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))
