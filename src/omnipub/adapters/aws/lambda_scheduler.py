"""The deployed scheduler, called by an operator who waits for its answer.

A call is never repeated here: it may have had its effect although no answer came. Typing it again is harmless
all the same, since the worker asks the table before it sends.
"""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  botocore's own, of connections that could not be made
)

from omnipub.adapters.aws.clients import Clients, RetryPolicy
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.domain.ids import Parent
from omnipub.errors import ConfigurationError, GateClosedError, OmnipubError, UnavailableError
from omnipub.hints import Action, Hint
from omnipub.services.scheduling.run_now import RunNowReport
from omnipub.services.stream.wire_format import RUN_NOW, report_from, run_now_to_text
from omnipub.strict_json import loads

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = RetryPolicy(reading=270, attempts=1)
"""Longer than the function may run, so that its own end is what is told; and one try."""

_LOOK = Hint(action=Action.SCHEDULER_LOG)
_DEPLOY = Hint(action=Action.DEPLOY)
_ADOPT = Hint(action=Action.ADOPT)
_REST = "What it had put on the stream by then goes out; its ticks find the rest."
_OUT_OF_TIME = "Task timed out"
_KNOWS = "the scheduler knows"
"""How a scheduler begins that was sent an event it does not know; every release said so."""

_SHOWN = 300
"""Characters of a foreign error that are shown."""

ERRORS: Mapping[str, tuple[type[OmnipubError], str, Hint]] = {
    "GateClosedError": (GateClosedError, "{message}", _ADOPT),
    "UnavailableError": (UnavailableError, "The scheduler could not go on: {message} " + _REST, _LOOK),
    "ConfigurationError": (ConfigurationError, "The scheduler is not set up as it must be: {message}", _LOOK),
}
"""Type of the function's error → our error, its sentence, and what to do; all others are mistakes of ours."""


class LambdaScheduler:
    """Calls it.

    Args:
        clients: Of this process.
        function: The scheduler's name or ARN.
    """

    def __init__(self, clients: Clients, function: str) -> None:
        self._clients = clients
        self._function = function

    def run_now(self, parents: Sequence[Parent] = ()) -> RunNowReport:
        """Let it put what is due at this moment on the stream, of `parents` only if any are named.

        Raises:
            GateClosedError: Nothing is sent from its table.
            UnavailableError: It is throttled, ran out of time, or did not answer: it may have run.
            ConfigurationError: It is not there, may not be called, or is of an older release.
            OmnipubError: It broke.
        """
        with _patiently(self._function):
            answer = self._clients.of("lambda", PATIENCE).invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=run_now_to_text(parents).encode(),
            )
            payload = _read(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise failure(payload)
        try:
            return report_from(payload)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"{self._function} ran, and its answer is none that this omnipub understands.", hint=_DEPLOY
            ) from error


def failure(payload: Mapping[str, Any]) -> OmnipubError:
    """What a person is told of a run that failed, by the error that Lambda hands back."""
    kind, detail = str(payload.get("errorType", "")), str(payload.get("errorMessage", ""))
    message = (detail.splitlines() or [""])[0][:_SHOWN]
    if kind in ERRORS:
        ours, sentence, hint = ERRORS[kind]
        return ours(sentence.format(message=message), hint=hint)
    if _OUT_OF_TIME in detail:
        return UnavailableError(f"The scheduler ran out of its time. {_REST}", hint=_LOOK)
    if message.startswith(_KNOWS) and message.endswith(repr(RUN_NOW)):
        return ConfigurationError(
            "The deployed omnipub is older than this one: its scheduler does not know run-now.", hint=_DEPLOY
        )
    words = ": ".join(one for one in (kind, message) if one) or "it did not say why."
    return OmnipubError(f"The scheduler broke: {words}", hint=_LOOK)


@contextmanager
def _patiently(function: str) -> "Iterator[None]":
    """Tell what AWS reports of a call, by what it means for a run."""
    what = f"The function {function}"
    try:
        with translated(what):
            yield
    except UnavailableError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError | ConnectionError):
            raise  # it was refused, or never asked
        raise UnavailableError(
            f"{what} was called and did not answer ({type(cause).__name__}); it may have run. {_REST}", hint=_LOOK
        ) from cause
    except ClientError as error:
        if code_of(error) != "ResourceConflictException":
            raise
        raise UnavailableError(f"{what} is being deployed.", hint="Try again in a moment.") from error


def _read(data: bytes) -> Mapping[str, Any]:
    try:
        payload = loads(data, lenient=True)
    except ValueError:
        payload = None
    return payload if isinstance(payload, dict) else {}
