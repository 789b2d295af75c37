"""omnipub on AWS: one stage, eight stacks. This file is the diagram of what knows of what.

cd cdk && uv run cdk deploy --all                            the stage `dev`
cd cdk && uv run cdk deploy OmnichannelApiStack -c stage=prod
"""

import os
import sys
from typing import Any

from aws_cdk import App, Environment, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from omnipub.errors import OmnipubError
from omnipub.names import SERVICE
from omnipub_cdk.functions import CodeOf, bundled
from omnipub_cdk.stacks.api import ApiStack
from omnipub_cdk.stacks.auth import AuthStack
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stacks.frontend import FrontendStack
from omnipub_cdk.stacks.monitoring import MonitoringStack
from omnipub_cdk.stacks.scheduler import SchedulerStack
from omnipub_cdk.stacks.security import SecurityStack
from omnipub_cdk.stacks.worker import WorkerStack
from omnipub_cdk.stages import EDGE_REGION, Stage, stage_of


def compose(app: App, stage: Stage, *, code_of: CodeOf = bundled, account: str | None = None) -> None:
    """Put the stacks of `stage` into `app`."""

    def place(name: str, region: str = stage.region) -> dict[str, Any]:
        return {
            "scope": app,
            "name": name,
            "stage": stage,
            "stack_name": f"{name}-{stage.name}",
            "env": Environment(account=account, region=region),
            "termination_protection": stage.protected,
        }

    data = DataStack(**place("OmnichannelDataStack"))
    auth = AuthStack(**place("OmnichannelAuthStack"))
    scheduler = SchedulerStack(**place("OmnichannelSchedulerStack"), data=data, code_of=code_of)
    api = ApiStack(**place("OmnichannelApiStack"), data=data, auth=auth, code_of=code_of)
    worker = WorkerStack(**place("OmnichannelWorkerStack"), data=data, code_of=code_of)
    MonitoringStack(**place("OmnichannelMonitoringStack"), data=data, api=api, worker=worker, scheduler=scheduler)
    near_edge = stage.region == EDGE_REGION
    security = SecurityStack(**place("OmnichannelSecurityStack"), edge=near_edge, account=True)
    if stage.firewall and not near_edge:  # CloudFront's firewall lives in its own region, and a stack lives in one
        security = SecurityStack(**place("OmnichannelEdgeSecurityStack", EDGE_REGION), edge=True, account=False)
    FrontendStack(**place("OmnichannelFrontendStack"), auth=auth, api=api, security=security)
    Tags.of(app).add("service", SERVICE)
    Tags.of(app).add("stage", stage.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def main() -> int:
    """Synthesise the stage that the context names; 1 if it cannot be."""
    app = App()
    try:
        compose(app, stage_of(app.node.try_get_context), account=os.environ.get("CDK_DEFAULT_ACCOUNT"))
    except OmnipubError as error:
        print(f"{error.message}\n{error.hint}".rstrip(), file=sys.stderr)
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
