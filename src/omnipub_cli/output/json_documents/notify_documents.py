"""What `omnipub notify` prints with --json."""

from typing_extensions import TypedDict

from omnipub.services.json_formats import Moment


class NoticeTargetJson(TypedDict):
    """Who is told, without anything secret."""

    target: str
    leads_to: str


class ReportedTargetJson(NoticeTargetJson):
    """Who is told, and whether they take their notices."""

    state: str
    why: str | None
    set_at: Moment | None
    told_at: Moment | None


class NoticeTargetListJson(TypedDict):
    """`notify list`."""

    targets: list[ReportedTargetJson]


class NoticeTestJson(TypedDict):
    """Whether one of those who are told took a notice, and what they answered."""

    target: str
    ok: bool
    answer: str | None
    why: str | None


class NoticeTestListJson(TypedDict):
    """`notify test`."""

    targets: list[NoticeTestJson]
