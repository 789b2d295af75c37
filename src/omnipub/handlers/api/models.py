"""Bodies of requests as pydantic models that become domain values; unknown fields are refused.

pydantic takes a fifth of a function's start, so a route that needs no body does without this module.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from omnipub.domain.certification import Certification
from omnipub.domain.certification_catalog import type_named
from omnipub.domain.delivery.window import Window, window_of
from omnipub.domain.message import (
    ALT_AT_MOST,
    LINK_AT_MOST,
    MEDIA_AT_MOST,
    NAME_AT_MOST,
    TAGS_AT_MOST,
    TEXT_AT_MOST,
    VARIANTS_AT_MOST,
    Content,
    MediaReference,
    Variant,
)
from omnipub.domain.timestamps import Fold, Schedule, schedule_at
from omnipub.errors import InvalidInputError
from omnipub.ports.media import Media

FIELDS_AT_MOST = 50
"""Of one object: more are refused by their number, as naming each unknown one takes long."""


def _few(value: object, most: int) -> object:
    """`value`, unless it is an object with more than `most` fields: none of them is looked at then."""
    if isinstance(value, Mapping) and len(value) > most:
        raise ValueError(f"There are {len(value):,} fields; at most {most:,} are allowed")
    return value


_Short = Annotated[str, Field(max_length=LINK_AT_MOST)]
_Name = Annotated[str, Field(max_length=NAME_AT_MOST)]
_Text = Annotated[str, Field(max_length=TEXT_AT_MOST)]
_Tags = Annotated[list[_Short], Field(max_length=TAGS_AT_MOST)]
_Channels = Annotated[list[_Name], Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: object) -> object:
        return _few(value, FIELDS_AT_MOST)

    @classmethod
    def of(cls, body: object) -> Self:
        """Return the model of a body.

        Raises:
            InvalidInputError: The body has the wrong form; its problems name fields and never repeat what was sent.
        """
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            problems = [
                (".".join(str(part) for part in one["loc"]) or "body", one["msg"])
                for one in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        raise InvalidInputError("The body has the wrong form.", problems=problems)


class ScheduleBody(_Body):
    """When: an instant, or a local time with a zone."""

    at: Annotated[str, Field(max_length=40)]
    zone: Annotated[str, Field(max_length=60)] | None = None
    fold: Fold | None = None

    def schedule(self) -> Schedule:
        """The schedule, checked."""
        return schedule_at(self.at, zone=self.zone, fold=self.fold)


class MediaBody(_Body):
    """An image that was uploaded before."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    alt: Annotated[str, Field(max_length=ALT_AT_MOST)] = ""

    def reference(self, media: Media) -> MediaReference:
        """The stored image with its alt text."""
        return replace(media.describe(self.key), alt=self.alt)


class VariantBody(_Body):
    """What one channel says instead."""

    text: _Text | None = None
    link: _Short | None = None
    hashtags: _Tags | None = None

    def variant(self) -> Variant:
        """The variant."""
        return Variant(text=self.text, link=self.link, hashtags=None if self.hashtags is None else tuple(self.hashtags))


class _Composed(_Body):
    """What a message and a certification have in common."""

    channels: _Channels
    schedule: ScheduleBody | None = None
    not_after: Annotated[str, Field(max_length=40)] | None = None

    def window(self) -> Window | None:
        """Until when it may begin, checked: a span from the due moment, or a moment in the schedule's zone."""
        if self.not_after is None:
            return None
        schedule = self.schedule
        return window_of(
            self.not_after, zone=schedule.zone if schedule else None, fold=schedule.fold if schedule else None
        )


class MessageBody(_Composed):
    """POST /messages."""

    text: _Text = ""
    link: _Short = ""
    link_title: _Short = ""
    hashtags: _Tags = []
    media: Annotated[list[MediaBody], Field(max_length=MEDIA_AT_MOST)] = []
    variants: Annotated[dict[_Name, VariantBody], BeforeValidator(partial(_few, most=VARIANTS_AT_MOST))] = {}

    def content(self, media: Media) -> Content:
        """The content."""
        return Content(
            text=self.text,
            link=self.link,
            link_title=self.link_title,
            hashtags=tuple(self.hashtags),
            media=tuple(one.reference(media) for one in self.media),
            variants={name: one.variant() for name, one in self.variants.items()},
        )


class CertificationBody(_Composed):
    """POST /certifications."""

    member: _Short
    type: _Short
    earned_on: date
    linkedin_url: _Short = ""
    photo: MediaBody | None = None
    personal_message: Annotated[str, Field(max_length=10_000)] = ""

    def draft(self, owner: str, media: Media, now: Schedule) -> Certification:
        """The certification, still without an identity of its own."""
        return Certification(
            id="",
            owner=owner,
            created_at=now.at,
            member=self.member,
            type=type_named(self.type).slug,
            earned_on=self.earned_on,
            linkedin_url=self.linkedin_url,
            photo=self.photo.reference(media) if self.photo else None,
            personal_message=self.personal_message,
            channels=tuple(self.channels),
            schedule=now,
        )
