"""What people type, read: text from standard input, images, pairs, times, secrets."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.value_checks import is_blank
from omnipub_cli.output.standard_streams import read_text
from omnipub_cli.output.times import zone_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.window import Window
    from omnipub.domain.message import MediaReference, Variant
    from omnipub.domain.timestamps import Schedule
    from omnipub_cli.output.output import Output

STDIN = "-"
MEGABYTE = 1024 * 1024
IMAGE_AT_MOST = 100 * MEGABYTE
"""Larger files are not even read; what the store accepts is less."""


def text_of(given: str, output: Output) -> str:
    """The text, read from standard input if it is `-`; one line end at its end does not count."""
    if given != STDIN:
        return given
    if sys.stdin.isatty():
        output.note("Type the text; end it with Ctrl-D on a line of its own.")
    read = read_text("text")
    if is_blank(read):
        raise InvalidInputError("Standard input was named with - and is empty.", hint="See what was to write to it.")
    return read.removesuffix("\n").removesuffix("\r")


def secret(*, from_stdin: bool, prompt: str) -> str:
    """A secret from a hidden prompt or standard input: never an argument, which other users can see."""
    if from_stdin:
        found = read_text("token").strip()
    elif sys.stdin.isatty():
        found = getpass.getpass(prompt).strip()
    else:
        raise InvalidInputError("There is no terminal to ask for the token.", hint="Pipe it in: … --token-stdin < FILE")
    if not found:
        raise InvalidInputError("The token is empty.", problems=[("token", "Nothing was given.")])
    return found


class ImageStore(Protocol):
    """The half of the media store that images are handed to."""

    def keep(self, data: bytes) -> MediaReference:
        """The reference of an image."""
        ...


def images(files: Sequence[str], alts: Sequence[str], media: ImageStore) -> tuple[MediaReference, ...]:
    """The images with their alt texts, in the order given, kept in the media store."""
    if len(alts) > len(files):
        raise InvalidInputError(
            f"There are {len(alts)} alt texts for {len(files)} images.", hint="Give each --alt after its --image FILE."
        )
    described = [*alts, *([""] * (len(files) - len(alts)))]
    return tuple(replace(media.keep(_bytes(name)), alt=alt) for name, alt in zip(files, described, strict=True))


def variants(given: Sequence[str]) -> dict[str, Variant]:
    """Texts of single channels, given as CHANNEL=TEXT."""
    from omnipub.domain.ids import checked_channel
    from omnipub.domain.message import Variant

    found: dict[str, Variant] = {}
    for pair in given:
        channel, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInputError(f"'{pair}' is not a variant.", hint="A variant is CHANNEL=TEXT.")
        if is_blank(text):
            raise InvalidInputError(
                f"--variant {channel}= has no text.", hint="Leave it out to say there what all say."
            )
        if checked_channel(channel) in found:
            raise InvalidInputError(f"There are two variants for {channel}.", hint="Give each channel one.")
        found[channel] = Variant(text=text)
    return found


def schedule(at: str, zone: str, fold: str | None) -> Schedule | None:
    """When it is due, or None for now; times such as `+2h` count from this moment."""
    from omnipub.domain.relative_times import needs_zone, typed_schedule
    from omnipub.domain.timestamps import Fold

    if not at:
        if zone or fold:
            option = "--zone" if zone else "--fold"
            raise InvalidInputError(
                f"{option} says which time --at means, and there is no --at.", hint="Add --at TIME."
            )
        return None
    if not zone and needs_zone(at):
        here = zone_name()
        raise InvalidInputError(
            f"'{at}' has neither an offset nor a zone.",
            hint=f"Add --zone {here or 'Europe/Berlin'}" + (" (this machine's zone)." if here else "."),
        )
    return typed_schedule(at, now=datetime.now(UTC), zone=zone or None, fold=Fold(fold) if fold else None)


def window(not_after: str, zone: str, fold: str | None) -> Window | None:
    """The end of the window, or None for the stage's own.

    A time is read like that of --at.
    """
    from omnipub.domain.delivery.window import window_of
    from omnipub.domain.relative_times import TimeOnDay, needs_zone, relative_time, typed_schedule
    from omnipub.domain.timestamps import Fold

    if not not_after:
        return None
    relative = relative_time(not_after)
    if isinstance(relative, timedelta):
        raise InvalidInputError(
            f"'{not_after}' counts from now, and --not-after counts from the due moment.",
            hint="Leave out what stands before the span: --not-after 2h.",
        )
    if not zone and needs_zone(not_after):
        here = zone_name()
        raise InvalidInputError(
            f"'{not_after}' has neither an offset nor a zone.",
            hint=f"Give an offset, or a span such as 2h, or --at with --zone {here or 'Europe/Berlin'}.",
        )
    which = Fold(fold) if fold else None
    if isinstance(relative, TimeOnDay):
        return typed_schedule(not_after, now=datetime.now(UTC), zone=zone or None, fold=which).at
    return window_of(not_after, zone=zone or None, fold=which)


def moment_of(text: str, option: str) -> datetime:
    """A moment to look from or to: ISO 8601, or a day.

    Without an offset it is in this machine's time zone.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(
            f"'{text}' is not a time for {option}.",
            hint="Use YYYY-MM-DD, YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MMZ.",
        ) from error


def day_of(text: str, option: str) -> date:
    """The day that `text` names: a date, `today` or `yesterday`."""
    from omnipub.domain.relative_times import NEAR_DAYS

    words = text.strip().lower()
    if words in NEAR_DAYS:
        return today() + timedelta(days=NEAR_DAYS[words])
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise InvalidInputError(
            f"'{text}' is not a day for {option}.", hint="Use YYYY-MM-DD, today or yesterday."
        ) from error


def today() -> date:
    """The day it is for whoever reads."""
    return datetime.now().astimezone().date()


def _bytes(name: str) -> bytes:
    path = Path(name).expanduser()
    try:
        if not path.is_file():
            raise InvalidInputError(f"There is no image file {name}.", hint="Give the path of a PNG, JPEG or GIF file.")
        if path.stat().st_size > IMAGE_AT_MOST:
            raise InvalidInputError(f"{name} has more than {IMAGE_AT_MOST // MEGABYTE} MB.", hint="Make it smaller.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(
            f"The image {name} cannot be read: {error.strerror}.", hint="Check its path and permissions."
        ) from error
