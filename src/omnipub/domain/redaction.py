"""Take secrets out of what is kept of a network's answers, in whatever form they come back.

Rules:
1. A piece of `PIECE` bytes of a secret counts as the secret, encoded or not. Words of ours are measured more kindly,
   since a secret may hold a word that our sentences use. There a piece has `OUR_PIECE` bytes. A piece of this length
   counts whatever its case and whatever stands between its letters and digits. With only letters or only digits it
   counts from `PIECE` on.
2. A secret that is shorter is hidden where it stands as a whole word of the network's. Below `SHORTEST` it is none.
3. An id of a post is never changed. One that quotes a secret is not taken at all.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.outcome import QUOTE, FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.secret_encodings import View, forms, squeezed, views

HIDDEN = "***"
PIECE = 8
OUR_PIECE = 12
SHORTEST = 4

LONGEST = 16_384
"""Bytes; of a longer secret, only its beginning and its end are looked for."""

TEXT_AT_MOST = 4_000
"""Characters: of what somebody else wrote no more is kept, and the work for it is bounded."""

NAME_AT_MOST = 2_000
"""Characters of an id or an address; nothing longer is kept."""

_SCHEME = re.compile(r"(?i)(?:bearer|basic|bot|token|digest|dpop)\s+")
_CUT = re.compile(rb"\xe2\x80\xa6|\.{2,}|\*{2,}|(?:\xe2\x80\xa2){2,}")
_WORD = re.compile(rb"[0-9A-Za-z_\x80-\xff]")

_END_OF_BOTH = 3
_END_OF_ONE = 6
"""Of a secret that a network has shortened itself: so many bytes on both sides, or on one, tell it."""


class Redaction:
    """Hides the given secrets."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = frozenset(part for secret in secrets for part in _parts(secret.reveal()))

    def outcome(self, outcome: Outcome) -> Outcome:
        """The outcome without secrets; ambiguous if the post's id is one, as a published post must have an id."""
        if not self._secrets:
            return outcome
        if outcome.ended is TryEnd.PUBLISHED and self._is_quoted(outcome.network_id):
            plain = "The network's answer names the post by something that quotes a secret, so it is not kept."
            return Outcome(ended=TryEnd.AMBIGUOUS, code="secret_in_id", sentence=plain)
        return replace(
            outcome,
            sentence=self.sentence(outcome.sentence),
            code=HIDDEN if self._is_quoted(outcome.code) else outcome.code,
            network_id="" if self._is_quoted(outcome.network_id) else outcome.network_id,
            permalink="" if self._is_quoted(outcome.permalink) else outcome.permalink,
            title=self.words(outcome.title),
        )

    def sighting(self, sighting: Sighting) -> Sighting:
        """The sighting without secrets; one with an id that quotes a secret has failed, as it cannot be kept."""
        if not self._secrets:
            return sighting
        if any(self._is_quoted(post.network_id) for post in sighting.posts):
            plain = "The network lists a post under something that quotes a secret, so the look tells nothing."
            return Sighting(failed=Outcome(ended=TryEnd.NOT_SENT, code="secret_in_id", sentence=plain))
        failed = self.outcome(sighting.failed) if sighting.failed else None
        return replace(sighting, posts=tuple(map(self._post, sighting.posts)), failed=failed)

    def sentence(self, text: str) -> str:
        """A sentence of ours that may quote what a network said."""
        ours, quote, theirs = text.partition(QUOTE)
        return self._hidden(ours, OUR_PIECE) + quote + self._hidden(theirs, PIECE)

    def words(self, text: str) -> str:
        """Words of somebody else's."""
        return self._hidden(text, PIECE)

    def _post(self, post: FoundPost) -> FoundPost:
        return replace(post, permalink="") if self._is_quoted(post.permalink) else post

    def _is_quoted(self, text: str) -> bool:
        """Whether a name or an address holds a piece of a secret; digits alone are the number of something."""
        if len(text) > NAME_AT_MOST:
            return True
        found = (span for view in views(text) for span in (*self._pieces(view, PIECE), *self._ends(view)))
        return any(not text[start:end].isdigit() for start, end in found)

    def _hidden(self, text: str, piece: int) -> str:
        if not self._secrets:
            return text
        text = text if len(text) <= TEXT_AT_MOST else text[: TEXT_AT_MOST - 1] + "…"
        found = sorted(self._found(text, piece))
        shown, at = "", 0
        for start, end in found:
            if start > at or not at:
                shown += text[at:start] + HIDDEN
            at = max(at, end)
        return shown + text[at:]

    def _found(self, text: str, piece: int) -> Iterator[tuple[int, int]]:
        for view in views(text):
            yield from self._pieces(view, piece)
            yield from self._ends(view)
            if piece == PIECE:
                yield from self._short(view)

    def _pieces(self, view: View, piece: int) -> Iterator[tuple[int, int]]:
        """Where pieces of a secret stand, and, whatever stands between its letters and digits, longer ones."""
        yield from _pieces_of(self._forms, view, piece)
        short = view.squeezed()
        if piece == PIECE:
            yield from _pieces_of(self._squeezed, short, PIECE, _is_mixed)
        yield from _pieces_of(self._squeezed, short, OUR_PIECE)

    def _short(self, view: View) -> Iterator[tuple[int, int]]:
        for secret in self._secrets:
            if SHORTEST <= len(secret) < PIECE:
                for match in re.finditer(re.escape(secret), view.data):
                    around = view.data[match.start() - 1 : match.start()], view.data[match.end() : match.end() + 1]
                    if not any(map(_WORD.match, around)):
                        yield view.spans[match.start()][0], view.spans[match.end() - 1][1]

    def _ends(self, view: View) -> Iterator[tuple[int, int]]:
        """Where a secret stands with its middle left out: `EAAB…x9Zd`, `EAABsb***`."""
        for cut in _CUT.finditer(view.data):
            for form in self._forms:
                left = _common_end(view.data[max(0, cut.start() - PIECE) : cut.start()], form)
                right = _common_start(view.data[cut.end() : cut.end() + PIECE], form)
                both = left >= _END_OF_BOTH and right >= _END_OF_BOTH
                start = cut.start() - left if both or left >= _END_OF_ONE else cut.start()
                end = cut.end() + right if both or right >= _END_OF_ONE else cut.end()
                if end - start > len(cut[0]):
                    yield view.spans[start][0], view.spans[end - 1][1]

    @cached_property
    def _forms(self) -> tuple[bytes, ...]:
        found = {form for secret in self._secrets for form in forms(secret) if len(form) >= PIECE}
        return tuple(found - {secret for secret in self._secrets if len(secret) < PIECE})

    @cached_property
    def _squeezed(self) -> tuple[bytes, ...]:
        texts = [secret.decode("utf-8", "replace") for secret in self._secrets]
        cases = [case.encode("utf-8", "surrogatepass") for text in texts for case in (text.upper(), text.lower())]
        return tuple({squeezed(form) for form in (*self._forms, *cases)})


def _pieces_of(
    known: Iterable[bytes], view: View, piece: int, counts: Callable[[bytes], bool] = bool
) -> Iterator[tuple[int, int]]:
    for form in known:
        if len(form) >= piece:
            for at in range(len(view.data) - piece + 1):
                window = view.data[at : at + piece]
                if window in form and counts(window):
                    yield view.spans[at][0], view.spans[at + piece - 1][1]


def _is_mixed(data: bytes) -> bool:
    """Whether there are digits and letters: no word has both."""
    return not (data.isdigit() or data.isalpha())


def _parts(text: str) -> Iterator[bytes]:
    """What is secret in a value: its words without a scheme's name, a key's text, a pair's halves."""
    for word in _SCHEME.sub(" ", text).split():
        data = word.encode("utf-8", "surrogatepass")
        if len(data) < SHORTEST:
            continue
        yield from (data,) if len(data) <= LONGEST else (data[: LONGEST // 2], data[-LONGEST // 2 :])
        key = _decoded(word.partition("_")[2] if word.startswith("whsec_") else word)
        if key is not None and word.startswith("whsec_"):
            yield key
        elif key is not None and b":" in key and re.match(r"(?i)basic\s", text):
            yield from key.split(b":", 1)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _common_end(before: bytes, form: bytes) -> int:
    """How much of a form's beginning `before` ends in."""
    return next((size for size in range(min(len(before), len(form)), 0, -1) if before.endswith(form[:size])), 0)


def _common_start(after: bytes, form: bytes) -> int:
    """How much of a form's end `after` begins with."""
    return next((size for size in range(min(len(after), len(form)), 0, -1) if after.startswith(form[-size:])), 0)
