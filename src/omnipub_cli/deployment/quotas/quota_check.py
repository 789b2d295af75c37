"""Looks at all limits of a stage; a service that refuses, or is not there, is itself a finding."""

from collections.abc import Iterator, Sequence

from omnipub.errors import OmnipubError
from omnipub.services.health.finding import Finding, Health
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.quotas.judgement import judged
from omnipub_cli.deployment.quotas.quota_limits import ROWS
from omnipub_cli.deployment.quotas.sources import SOURCES, Source
from omnipub_cli.deployment.quotas.sources_aws import KnownAnswers
from omnipub_cli.deployment.stage.stage import Stage

_FORBIDDEN = 403

_NOT_HERE = {"UnknownServiceError", "UnknownRegionError", "UnknownEndpointError", "EndpointProviderError"}
"""What botocore raises for a service that it, or the region, does not have."""


def quotas(stage: Stage) -> Iterator[Finding]:
    """What is near its limit or was refused, what is fine, and what could not be looked at.

    Raises:
        OmnipubError: Nothing tells which things the stage consists of.
    """
    facts = stage.facts
    known = KnownAnswers(
        names={
            "region": stage.region,
            "stream": facts.settings.stream,
            "table": facts.settings.table,
            "worker": facts.worker,
            "sender": facts.sender,
            "scheduler": facts.settings.function,
        }
    )
    unseen: list[Source] = []
    forbidden: list[Source] = []
    for source in SOURCES:
        try:
            if source.wanted(known):
                _ask(source, stage, known)
        except OmnipubError as error:
            unseen.append(source)
            if _is_forbidden(error):
                forbidden.append(source)
            else:
                what = f"Not looked at: {source.what}. {error.message} {error.hint}".strip()
                yield Finding(name="quotas", health=Health.WARN, what=what)
    if forbidden:
        yield _rights(forbidden)
    yield from judged(ROWS, known.figures, known.names, unseen=[source.what for source in unseen])


def _ask(source: Source, stage: Stage, known: KnownAnswers) -> None:
    """Ask one source.

    Raises:
        OmnipubError: It refuses, is not there, or answers without what it should.
    """
    from botocore.exceptions import BotoCoreError

    with translated_errors(source.thing.format_map(known.names)):
        try:
            source.ask(stage, known)
        except KeyError as error:
            raise OmnipubError(f"The answer has no {error}.") from error
        except BotoCoreError as error:
            if type(error).__name__ in _NOT_HERE:
                raise OmnipubError(f"It is not there in {stage.region}: {error}") from error
            raise


def _is_forbidden(error: OmnipubError) -> bool:
    response = getattr(error.__cause__, "response", {})
    code = response.get("Error", {}).get("Code", "")
    return code.startswith(("AccessDenied", "AuthorizationError", "UnauthorizedOperation")) or (
        response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _FORBIDDEN and "Token" not in code
    )


def _rights(forbidden: Sequence[Source]) -> Finding:
    rights = dict.fromkeys(right for source in forbidden for right in source.rights)
    what = f"Some limits could not be looked at. Whoever calls needs these rights too: {', '.join(rights)}."
    return Finding(name="quotas", health=Health.WARN, what=what)
