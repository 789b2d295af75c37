"""The steps after the stacks: pages onto the site, a smoke test, outputs, what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnipub.domain.timestamps import to_text
from omnipub.errors import OmnipubError
from omnipub_cli.commands._shared.deployment_views import named
from omnipub_cli.deployment import outputs as stage_outputs
from omnipub_cli.deployment import site as paged
from omnipub_cli.deployment import wall_clock
from omnipub_cli.deployment.amplify import fetched
from omnipub_cli.deployment.liveness import StageLiveness
from omnipub_cli.deployment.smoke import Smoke, SmokeCheck
from omnipub_cli.deployment.stacks import name_of, regions_of
from omnipub_cli.deployment.stage.stack_outputs import settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.deployment_documents import StageOutputsJson

DISTRIBUTION = "AWS::CloudFront::Distribution"


@dataclass(frozen=True, kw_only=True)
class Finish:
    """The end of a deployment."""

    call: Call
    account: AwsAccount
    checkout: Checkout
    target: Target

    def pages(self) -> str:
        """Put the pages onto the site; what became of them: published, unchanged."""
        outputs = self.outputs()
        app, branch = named(outputs, "Frontend", "AmplifyApp"), named(outputs, "Frontend", "AmplifyBranch")
        resources = self.account.stacks(self.target.region).resources(name_of("Frontend", self.target.stage))
        site = paged.Pages(
            site=self.account.site(self.target.region),
            app=app,
            branch=branch,
            address=named(outputs, "Frontend", "Site").rstrip("/"),
            distribution=next((one.physical for one in resources if one.kind == DISTRIBUTION), ""),
            wait=wall_clock.wait,
        )
        bundle = paged.bundled(self.checkout.pages, version=self.checkout.version)
        if site.serves(bundle):
            return "unchanged"
        self.call.output.note(
            f"Putting the pages of {self.checkout.pages.relative_to(self.checkout.root)} onto the site …"
        )
        site.publish(bundle)
        return "published"

    def checks(self, *, began: datetime) -> Sequence[SmokeCheck]:
        """Whether the stage lives; what cannot be asked is a check of its own that went badly."""
        outputs = self.outputs()
        if "Scheduler" not in outputs:
            return [SmokeCheck(name="heartbeat", verdict="untried", what="The scheduler is not deployed yet.")]
        try:
            system = self.account.system(settings(self.target.stage, outputs), self.target.region)
        except OmnipubError as error:
            return [SmokeCheck(name="system", verdict="bad", what=error.message, next=self.call.worded(*error.hints))]
        self.call.output.note("Waiting for the scheduler's next tick …")
        try:
            return Smoke(
                living=StageLiveness(system, wall_clock.wait),
                address=named(outputs, "Frontend", "Site").rstrip("/"),
                fetch=fetched,
                now=wall_clock.now,
                wait=wall_clock.wait,
                began=began,
                stage=self.target.stage,
            ).run()
        finally:
            system.close()

    def outputs(self) -> stage_outputs.Outputs:
        """What the stacks say of themselves."""
        regions = {region: self.account.stacks(region) for region in regions_of(self.target.region)}
        return stage_outputs.gathered(regions, stage=self.target.stage, region=self.target.region)

    def keep(self, outputs: stage_outputs.Outputs) -> StageOutputsJson:
        """Leave a copy of the outputs in build/; what it holds."""
        kept: StageOutputsJson = {
            "stage": self.target.stage,
            "region": self.target.region,
            "account": self.account.caller().account,
            "at": to_text(wall_clock.now()),
            "outputs": {short: dict(one) for short, one in outputs.items()},
        }
        stage_outputs.Cache(self.checkout.build / "deployed").write(self.target.stage, kept)
        return kept

    def next_steps(self, outputs: stage_outputs.Outputs, *, back: bool) -> Sequence[tuple[str, str]]:
        """What to type next, each with its reason; `back` is whether there is a bundle to go back to."""
        stage = self.target.stage
        steps = []
        if "Auth" in outputs:
            let_in = f"omnipub users create you@example.com --group operators --stage {stage}"
            steps.append(("Let somebody in", let_in))
        if site := named(outputs, "Frontend", "Site"):
            steps.append(("Open the site", site))
        steps.append(("See what goes on", f"omnipub logs tail --follow --stage {stage}"))
        if back:
            steps.append(("Go back", f"omnipub rollback --stage {stage}"))
        return steps
