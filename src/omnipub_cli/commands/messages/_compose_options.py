"""What `messages validate` and `messages preview` are asked about: a new message as `create` takes it, or an id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework import inputs
from omnipub_cli.framework.options import At, Fold, NotAfter, Zone, listed
from omnipub_cli.framework.value_checks import is_blank

if TYPE_CHECKING:
    from omnipub.domain.message import Content, MediaReference
    from omnipub.services.messages.preview import Previewed
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call

What = Annotated[
    str,
    typer.Argument(
        metavar="[TEXT|-|ID]", help="The text; - reads it from standard input. Without --to: the id of a message."
    ),
]
File = Annotated[str, typer.Option("--file", metavar="FILE", help="Read the text from this file (UTF-8).")]
ToAny = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="CHANNEL", help="Channels: facebook, linkedin:team … Repeat it, or use commas."),
]
Link = Annotated[str, typer.Option("--link", metavar="URL", help="A link, shown as a card where there are cards.")]
LinkTitle = Annotated[
    str, typer.Option("--link-title", metavar="TEXT", help="The card's title (default: the link's host).")
]
Hashtags = Annotated[
    list[str] | None, typer.Option("--hashtag", metavar="TAG", help="With or without #. Repeat it, or use commas.")
]
Images = Annotated[
    list[str] | None, typer.Option("--image", metavar="FILE", help="A PNG, JPEG or GIF file. Repeatable.")
]
Alts = Annotated[
    list[str] | None,
    typer.Option("--alt", metavar="TEXT", help="What the image shows; the first for the first image."),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", metavar="CHANNEL=TEXT", help="What one channel says instead. Repeatable."),
]


@dataclass(frozen=True, kw_only=True)
class ComposeOptions:
    """The options as they were typed."""

    what: What = ""
    file: File = ""
    to: ToAny = None
    at: At = ""
    zone: Zone = ""
    fold: Fold = None
    not_after: NotAfter = ""
    link: Link = ""
    link_title: LinkTitle = ""
    hashtag: Hashtags = None
    image: Images = None
    alt: Alts = None
    variant: Variants = None


def previewed(call: Call, system: System, options: ComposeOptions) -> tuple[str, Previewed]:
    """The message's id, empty if it has none yet, and what its channels make of it.

    Raises:
        InvalidInputError: What was typed names neither a new message nor an id.
        NotFoundError: There is no message of that id.
    """
    from omnipub_cli.commands._shared.lookup import named

    if not listed(options.to or []):
        if replace(options, what="") != ComposeOptions() or not _is_id(options.what):
            raise InvalidInputError(
                "No channel is named.",
                hint="Add --to facebook,linkedin; or give the id of a message, and nothing else.",
            )
        shown = named(call, system, options.what)
        return shown.parent.id, system.preview.existing(shown)
    found = system.preview.new(
        owner=call.owner,
        content=_content(call, options),
        channels=listed(options.to or []),
        schedule=inputs.schedule(options.at, options.zone, options.fold),
        window=inputs.window(options.not_after, options.zone, options.fold),
    )
    return "", found


def explain(call: Call, found: Previewed) -> None:
    """What to type next where a channel would refuse the message."""
    unconnected = [one.channel for one in found.facets if not one.account]
    if unconnected:
        call.output.hint(f"Connect an account: {call.typed(f'connections connect {unconnected[0]} --account ID')}")
    if any(objection.excess for one in found.facets for objection in one.objections):
        call.output.hint(f"See what each network accepts: {call.typed('channels limits')}")


def _content(call: Call, options: ComposeOptions) -> Content:
    from omnipub.domain.message import Content

    if options.what and options.file:
        raise InvalidInputError("There are two texts: one typed, one in --file.", hint="Leave one of them out.")
    return Content(
        text=_text_in(options.file) if options.file else inputs.text_of(options.what, call.output),
        link=options.link,
        link_title=options.link_title,
        hashtags=tuple(tag.removeprefix("#") for tag in listed(options.hashtag or [])),
        media=inputs.images(options.image or [], options.alt or [], _Unkept()),
        variants=inputs.variants(options.variant or []),
    )


class _Unkept:
    """Looks at images like the store, and keeps none."""

    def keep(self, data: bytes) -> MediaReference:
        """The reference they would have."""
        from omnipub.domain.images import referred

        return referred(data)


def _text_in(name: str) -> str:
    try:
        read = Path(name).expanduser().read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"The file {name} is not UTF-8.", hint="Convert it with iconv.") from error
    except OSError as error:
        raise InvalidInputError(
            f"The file {name} cannot be read: {error.strerror}.", hint="Check its path and permissions."
        ) from error
    if is_blank(read):
        raise InvalidInputError(f"The file {name} is empty.", hint="Leave --file out if there is no text.")
    return read.removesuffix("\n").removesuffix("\r")


def _is_id(text: str) -> bool:
    from omnipub.domain.ids import checked_id

    try:
        checked_id(text)
    except InvalidInputError:
        return False
    return True
