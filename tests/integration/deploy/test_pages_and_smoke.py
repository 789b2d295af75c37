"""Pages onto the site, and the check that what was deployed lives."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from omnipub import __version__
from omnipub.errors import InvalidInputError
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.site import Pages, bundled
from omnipub_cli.deployment.smoke import HEALTH, Smoke

from .fakes import START, Clock, FakeSite

STATUS = Path(__file__).parents[3] / "web" / "status"
SITE = "https://d111111abcdef8.cloudfront.net"


def pages(site: FakeSite, clock: Clock, *, distribution: str = "E123") -> Pages:
    return Pages(site=site, app="d1", branch="live", address=SITE, distribution=distribution, wait=clock.wait)


def test_the_pages_are_served_when_the_command_says_so() -> None:
    site, clock, bundle = FakeSite(), Clock(), bundled(STATUS, version="0.1.0+abc")
    one = pages(site, clock)
    assert not one.serves(bundle)
    one.publish(bundle)
    assert one.serves(bundle)
    assert (site.jobs, site.invalidated) == (["d1/live"], ["E123"])


def test_pages_that_amplify_refuses_are_told() -> None:
    site, clock = FakeSite(), Clock()
    site.ends = ["RUNNING", "FAILED"]
    with pytest.raises(DeploymentFailedError, match="Amplify ended the deployment of the pages as FAILED"):
        pages(site, clock).publish(bundled(STATUS, version="1"))


def test_pages_that_never_arrive_are_not_waited_for_for_ever() -> None:
    site, clock = FakeSite(), Clock()
    with pytest.raises(DeploymentFailedError, match=r"version.json does not say 1 after five minutes"):
        pages(site, clock, distribution="").publish(bundled(STATUS, version="1"))
    assert 200 < clock.waited < 400


def test_the_same_pages_and_version_are_the_same_bytes_and_say_what_they_are() -> None:
    one, other = bundled(STATUS, version="1"), bundled(STATUS, version="1")
    assert one == other
    assert bundled(STATUS, version="2").archive != one.archive
    with zipfile.ZipFile(io.BytesIO(one.archive)) as archive:
        assert json.loads(archive.read("version.json")) == one.version
        assert {"index.html", "assets/status.js"} <= set(archive.namelist())


def test_a_folder_without_a_first_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"has no index.html"):
        bundled(tmp_path, version="1")


@dataclass
class Living:
    beats: list[datetime | None] = field(default_factory=list)
    why_no_post: str = ""
    failed: str = ""
    posted: int = 0

    def last_beat(self) -> datetime | None:
        return self.beats.pop(0) if len(self.beats) > 1 else self.beats[0]

    def post(self) -> str:
        self.posted += 1
        return self.failed


def smoke(living: Living, clock: Clock, *, status: int = 200, version: str = __version__, address: str = SITE) -> Smoke:
    def fetch(url: str) -> tuple[int, bytes]:
        assert url == f"{SITE}{HEALTH}"
        return status, json.dumps({"version": version}).encode()

    return Smoke(living=living, address=address, fetch=fetch, now=clock.now, wait=clock.wait, began=START, stage="dev")


def verdicts(one: Smoke) -> dict[str, str]:
    return {check.name: check.verdict for check in one.run()}


def test_a_stage_that_ticks_answers_and_posts_is_in_order() -> None:
    living = Living([None, START - timedelta(minutes=1), START + timedelta(seconds=8)])
    assert verdicts(smoke(living, Clock())) == {"heartbeat": "ok", "version": "ok", "post": "ok"}
    assert living.posted == 1


def test_a_heartbeat_of_before_the_deployment_is_none() -> None:
    living, clock = Living([START - timedelta(seconds=1)]), Clock()
    heartbeat, _, post = smoke(living, clock).run()
    assert heartbeat.verdict == "bad"
    assert heartbeat.next == "omnipub logs tail scheduler --since 15m --stage dev"
    assert post.verdict == "untried"
    assert living.posted == 0
    assert clock.waited >= 120, "two ticks may be missed"


def test_another_version_that_answers_is_told() -> None:
    (_, version, _) = smoke(Living([START]), Clock(), version="0.0.9").run()
    assert version.verdict == "bad"
    assert "with version 0.0.9; wanted:" in version.what


def test_where_there_is_no_site_nobody_is_asked() -> None:
    assert verdicts(smoke(Living([START]), Clock(), address=""))["version"] == "untried"


def test_nothing_is_posted_where_others_would_see_it() -> None:
    living = Living([START], why_no_post="Nothing is posted in production.")
    assert verdicts(smoke(living, Clock()))["post"] == "untried"
    assert living.posted == 0


def test_a_post_that_does_not_come_out_is_told() -> None:
    post = smoke(Living([START], failed="Message 01X is failed: No."), Clock()).run()[-1]
    assert (post.verdict, post.what) == ("bad", "Message 01X is failed: No.")
