"""One full value of every kind that items hold: every attribute is there, also those that exclude each other."""

from datetime import date, timedelta

from omnipub.domain.certification import Certification
from omnipub.domain.circuit_breaker import CircuitBreaker
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery, DoubledPost, FrozenRequest, Lease, Reason, Unpublished
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, MediaReference, Message, Variant
from omnipub.domain.notice import Cause, Told
from omnipub.domain.notice_target import NoticeTarget
from omnipub.domain.profile import Profile
from omnipub.domain.timestamps import Schedule
from omnipub.domain.token_refresh import RefreshFailure
from omnipub.services.messages.create_transaction import IdempotencyKey
from omnipub.storage.items import Connection, ConnectionStatus
from support.world import OWNER, START

SEALED = "v1.covered"
MINUTE = timedelta(minutes=1)
PARENT = Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A")
PICTURE = MediaReference(key="ab" * 32, content_type="image/png", size=1024, alt="Our front door")
SCHEDULE = Schedule(at=START, local="2026-11-23T10:00:00", zone="Europe/Berlin")
REQUEST = IdempotencyKey.of("key-1", {"text": "Hello", "channels": ["looked"]})

MESSAGE = Message(
    id=PARENT.id,
    owner=OWNER,
    created_at=START,
    content=Content(
        text="Our new office is open",
        link="https://example.com/office",
        link_title="The office",
        hashtags=("office", "new"),
        media=(PICTURE,),
        variants={
            "facebook": Variant(text="Come in", link="https://example.com/in", hashtags=("in",)),
            "linkedin:team": Variant(text="", hashtags=()),
        },
    ),
    channels=("facebook", "linkedin:team"),
    schedule=SCHEDULE,
    revision=2,
    version=3,
    write_id="w-1",
    imported="launch.csv",
)
CERTIFICATION = Certification(
    id="01KAQ8GQ00000000000000000B",
    owner=OWNER,
    created_at=START,
    member="Ada Lovelace",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 20),
    linkedin_url="https://www.linkedin.com/in/ada",
    photo=PICTURE,
    personal_message="Well done!",
    channels=("facebook",),
    schedule=SCHEDULE,
    revision=2,
    version=3,
    write_id="w-2",
)
DELIVERY = Delivery(
    parent=PARENT,
    channel="linkedin:team",
    account="urn:li:organization:1001",
    owner=OWNER,
    status=Status.PUBLISHING,
    due_at=START,
    next_at=START + MINUTE,
    not_after=START + 10 * MINUTE,
    version=7,
    write_id="w-3",
    revision=2,
    attempts=3,
    tries_used=2,
    deaths=1,
    first_due=START - MINUTE,
    key_in_doubt=True,
    may_be_out=True,
    uncertain_since=START,
    settle_from=START + MINUTE,
    clean_looks=(START + 2 * MINUTE, START + 3 * MINUTE),
    looks=2,
    unasked_since=START,
    holds="c0ffee",
    cancel_asked="Wrong price.",
    lease=Lease(claim_id="c-1", attempt=2, started_at=START, until=START + 2 * MINUTE, sends=True, boot=7),
    frozen=FrozenRequest(
        revision=2, body={"text": "Come in", "tags": ["in"], "card": {"url": "https://example.com/in"}}
    ),
    published_at=START + MINUTE,
    network_id="urn:li:share:1",
    permalink="https://www.linkedin.com/feed/update/urn:li:share:1",
    adopted=True,
    doubles=(
        DoubledPost(
            network_id="urn:li:share:2", permalink="https://www.linkedin.com/2", published_at=START, revision=2
        ),
    ),
    reason=Reason(code="no_answer", sentence="No answer came in time.", at=START),
    unpublished=Unpublished(at=START + 5 * MINUTE, by="ops"),
    own_words=True,
    published_from=START,
)
ATTEMPT = Attempt(
    parent=PARENT,
    channel="linkedin:team",
    number=3,
    started_at=START,
    ended_at=START + MINUTE,
    ended="rejected",
    code="400",
    sentence="It said no.",
    network_id="urn:li:share:1",
)
CONNECTION = Connection(
    owner=OWNER,
    channel="linkedin:team",
    account="urn:li:organization:1001",
    title="The team",
    sealed=SEALED,
    created_at=START,
    base_url="http://127.0.0.1:8766/linkedin",
    also=("intranet",),
    settings={"renewal": SEALED, "sealed_address": SEALED, "pds": "https://pds.example"},
    standing=ConnectionStatus.NEEDS_OWNER,
    standing_since=START,
    standing_reason="Its token ended.",
    refresh_at=START + 100 * MINUTE,
    renewing_until=START + MINUTE,
    renewal_failed=RefreshFailure(at=START, sentence="Nobody answered.", times=2, for_good=True),
    version=4,
    write_id="w-4",
)
BREAKER = CircuitBreaker(
    network="linkedin",
    account="urn:li:organization:1001",
    strains=4,
    open_until=START + MINUTE,
    next_slot=START + 2 * MINUTE,
    sentence="Too many requests.",
    owner=OWNER,
    version=4,
    write_id="w-5",
)
CAUSE = Cause(
    name="account owner-1/facebook/100000000000001",
    what="facebook (100000000000001) of owner-1 needs its owner (held for it: 2): Its token has ended.",
    first=START,
    last=START + 2 * MINUTE,
    count=2,
    newest=START + MINUTE,
    over_at=START + 9 * MINUTE,
    told=(
        Told(target="mail:ops", at=START + MINUTE, over=True),
        Told(target="slack", at=START + MINUTE, tries=2, next_at=START + 12 * MINUTE, sentence="No answer."),
    ),
    version=6,
    write_id="w-6",
)
PROFILE = Profile(email="ada@example.com", name="Ada", since=START)
TARGET = NoticeTarget(
    name="mail:ops",
    shown="a…@example.com by smtp.example.com:587 (starttls)",
    set_at=START,
    sealed=SEALED,
    version=2,
    write_id="w-7",
)
