"""The words of a notice, as whoever reads mail, Slack or a topic gets them."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.domain.notice import Notice, Phase
from omnipub.domain.timestamps import to_text

_LEADS: Mapping[Phase, str] = MappingProxyType(
    {Phase.BEGUN: "", Phase.GROWN: "Still: ", Phase.OVER: "Over: ", Phase.TEST: ""}
)
"""What a title begins with."""


def title_of(notice: Notice) -> str:
    """One line that says what it is about and where it comes from."""
    return f"{_LEADS[notice.phase]}{notice.title} [omnipub {notice.origin}]"


def text_of(notice: Notice) -> str:
    """The notice as plain text, without its title."""
    lines = [notice.what, *([f"What to do: {notice.next}"] if notice.next else [])]
    if notice.first is not None:
        lines.append(f"Since {to_text(notice.first)}; this notice is of {to_text(notice.at)}.")
    return "\n\n".join(lines) + "\n"
