"""What becomes of a delivery when an answer comes after another try has begun. Pure, like `decide`.

A network's answer with an id is certain, so it counts wherever the delivery is by then. Only what the try itself knew
is taken from its claim. That is the frozen request, and with it the revision and the text that went out.
"""

from dataclasses import replace
from datetime import datetime

from omnipub.domain.delivery.lifecycle import Event, Status, follow
from omnipub.domain.delivery.model import Delivery, DoubledPost, Reason
from omnipub.domain.delivery.moves import CANCELLED_TOO_LATE, at_rest, published
from omnipub.domain.delivery.outcome import Outcome
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.text import excerpt

EARLIER_REVISION = "earlier_revision"
"""The reason of a published delivery that shows what its message said before an edit."""

DOUBLED = "doubled"
"""The reason of a published delivery that is out twice."""

MAYBE_DOUBLED = "maybe_doubled"
"""The reason of a published delivery with a further try of which nobody knows the end."""

FOUND_ANOTHER = "found_another"
"""The reason of a published delivery that had adopted a post which is not its own."""

OTHERS_POST = "others_post"
"""The reason of a delivery whose adopted post is another's."""


def late_answer(
    there: Delivery, claim: Delivery, outcome: Outcome, now: datetime, *, text: str, remedy: ReconcileMethod
) -> Delivery:
    """The delivery after an earlier try of it was answered with an id.

    Args:
        there: The delivery as it stands.
        claim: As that try had claimed it.
        outcome: The answer: published.
        now: When it is taken in.
        text: The text that the try sent.
        remedy: How the channel finds out about unclear tries; under a key of ours nothing doubles.
    """
    now = outcome.at or now
    if there.status is Status.PUBLISHED:
        return _another_answer(there, claim, outcome, now)
    frozen = claim.frozen
    revision = frozen.revision if frozen else claim.revision
    changes = list(_explanations(there, claim, revision, text, remedy))
    code = changes[0][0] if changes else ""
    out = published(there, now, network_id=outcome.network_id, permalink=outcome.permalink, event=Event.LATE_ANSWER)
    sentence = " ".join(sentence for _, sentence in changes)
    return replace(
        out,
        frozen=frozen,
        revision=revision,
        reason=Reason(code=code, sentence=sentence, at=now) if changes else out.reason,
    )


def disowned(delivery: Delivery, network_id: str, now: datetime, *, owner: str) -> Delivery:
    """It had adopted a post of which the network says by now that it is another delivery's.

    Args:
        delivery: It is published, and adopted that post.
        network_id: The post.
        now: When that became known.
        owner: Whose post it is, in words.
    """
    left = [double for double in delivery.doubles if double.network_id != network_id]
    if left:
        first, *rest = left
        return replace(
            delivery,
            status=follow(delivery.status, Event.LATE_ANSWER),
            network_id=first.network_id,
            permalink=first.permalink,
            published_at=first.published_at,
            doubles=tuple(rest),
            adopted=False,
            reason=None,
        )
    sentence = f"The post that was found for it ({network_id}) is that of {owner}: the network's own answer says so."
    lost = at_rest(delivery, Event.DISOWN, now, code=OTHERS_POST, sentence=sentence)
    return replace(
        lost,
        may_be_out=True,
        network_id="",
        permalink="",
        published_at=None,
        adopted=False,
        unpublished=None,
    )


def _explanations(
    there: Delivery, claim: Delivery, revision: int, text: str, remedy: ReconcileMethod
) -> list[tuple[str, str]]:
    """What people have to know besides: codes and sentences, the most important first."""
    changes = []
    if there.status is Status.CANCELLED:
        why = f" ({there.reason.sentence})" if there.reason and there.reason.sentence else ""
        done = "dismissed" if there.reason and there.reason.code == "dismissed" else "cancelled"
        changes.append((CANCELLED_TOO_LATE, f"It was {done}{why}, but a try that had begun before went out."))
    elif there.cancel_asked:
        changes.append((CANCELLED_TOO_LATE, f"It was to be cancelled ({there.cancel_asked}), but it was out by then."))
    later = there.attempts > claim.attempts and (there.may_be_out or (there.lease is not None and there.lease.sends))
    if later and remedy is not ReconcileMethod.RESEND:
        changes.append((MAYBE_DOUBLED, "A later try had begun as well, so it may be out twice."))
    if revision != there.revision:
        words = f": “{excerpt(text)}”" if text else ""
        changes.append((EARLIER_REVISION, f"What went out is revision {revision}, from before it was edited{words}."))
    return changes


def _another_answer(there: Delivery, claim: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """It is published already: by this very post, by one that was only found, or by another try."""
    if outcome.network_id == there.network_id:
        return replace(there, adopted=False, permalink=there.permalink or outcome.permalink)
    if outcome.network_id in there.network_ids:
        return there
    status = follow(there.status, Event.LATE_ANSWER)
    revision = claim.frozen.revision if claim.frozen else claim.revision
    if there.adopted and there.attempts <= 1:
        # It was sent once, so what was found before cannot be its own.
        sentence = (
            f"The post that was found for it first ({there.network_id}) is not its own; the network named this one."
        )
        return replace(
            there,
            status=status,
            network_id=outcome.network_id,
            permalink=outcome.permalink,
            published_at=now,
            adopted=False,
            revision=revision,
            frozen=claim.frozen,
            unpublished=None,
            reason=Reason(code=FOUND_ANOTHER, sentence=sentence, at=now),
        )
    double = DoubledPost(
        network_id=outcome.network_id, permalink=outcome.permalink, published_at=now, revision=revision
    )
    doubles = (*there.doubles, double)
    ids = ", ".join((there.network_id, *(one.network_id for one in doubles)))
    sentence = f"It is out {len(doubles) + 1} times, as more than one try was answered: {ids}. Unpublishing takes all."
    revisions = sorted({there.revision, *(one.revision for one in doubles)})
    if len(revisions) > 1:
        sentence += f" They do not say the same: they are revisions {' and '.join(map(str, revisions))}."
    # If its first post was deleted meanwhile, this one is still out.
    return replace(
        there,
        status=status,
        doubles=doubles,
        unpublished=None,
        reason=Reason(code=DOUBLED, sentence=sentence, at=now),
    )
