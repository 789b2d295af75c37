"""The AWS account of the terminal's credentials: every port of a deployment, made when it is asked for."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from omnipub_cli.deployment.account_facts import AccountFacts, AwsAccountFacts
from omnipub_cli.deployment.amplify import AwsSite
from omnipub_cli.deployment.aws_clients import BeforeCall, OperatorSession, translated_errors
from omnipub_cli.deployment.buckets import Objects
from omnipub_cli.deployment.cloudformation import CloudFormation
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.lambda_functions import Functions
from omnipub_cli.deployment.log_lines import LogLines
from omnipub_cli.deployment.ports import Caller, ObjectStore, Site, Stacks
from omnipub_cli.deployment.prerequisites import BOOTSTRAP, typed
from omnipub_cli.deployment.s3_folder import Folder
from omnipub_cli.deployment.users import UserPool

if TYPE_CHECKING:
    from omnipub.adapters.aws.clients import Clients
    from omnipub.config import Settings
    from omnipub.wiring.assemble import System

BUCKET_OUTPUT = "BucketName"
"""What CDK's own stack says of the bucket in which it keeps templates and bundles."""


class AwsAccount:
    """The account that a profile, or else the environment, signs in to."""

    def __init__(self, profile: str = "") -> None:
        self._session = OperatorSession(profile)
        self._stacks: dict[str, Stacks] = {}

    @cached_property
    def _caller(self) -> Caller:
        with translated_errors("AWS"):
            answer = self._session.client("sts").get_caller_identity()
        return Caller(account=answer["Account"], arn=answer["Arn"])

    def caller(self) -> Caller:
        """Whose credentials these are."""
        return self._caller

    def stacks(self, region: str) -> Stacks:
        """CloudFormation of a region."""
        if region not in self._stacks:
            self._stacks[region] = CloudFormation(self._session.client("cloudformation", region))
        return self._stacks[region]

    def shelf(self, stage: str, region: str) -> ObjectStore:
        """Where the records of a stage's deployments are."""
        toolkit = self.stacks(region).find(BOOTSTRAP)
        bucket = toolkit.outputs.get(BUCKET_OUTPUT, "") if toolkit else ""
        if not bucket:
            raise DeploymentFailedError(
                f"{BOOTSTRAP} in {region} names no bucket.",
                hint=f"Prepare the region again: {typed('cdk')} bootstrap aws://{self.caller().account}/{region}",
            )
        prefix = f"omnipub/{stage}/"
        return Folder(self._session.client("s3", region), bucket=bucket, prefix=prefix, region=region)

    def facts(self, region: str) -> AccountFacts:
        """What stands in a region already, and what functions may have there."""
        return AwsAccountFacts(lambda service: self._session.client(service, region))

    def site(self, region: str) -> Site:
        """The site of a stage."""
        return AwsSite(self._session.client("amplify", region), self._session.client("cloudfront"))

    def people(self, pool: str, *, stage: str, region: str) -> UserPool:
        """The users of a pool."""
        return UserPool(self._session.client("cognito-idp", region), pool, stage=stage)

    def lines(self, region: str) -> LogLines:
        """The log lines of a region."""
        return LogLines(self._session.client("logs", region))

    def functions(self, region: str) -> Functions:
        """The Lambda functions of a region."""
        return Functions(self._session.client("lambda", region))

    def objects(self, region: str) -> Objects:
        """The buckets of a region."""
        return Objects(self._session.client("s3", region))

    def system(self, settings: "Settings", region: str) -> "System":
        """The services of a deployed stage."""
        from omnipub.adapters.system.journal import NoJournal
        from omnipub.wiring.aws import on_aws

        return on_aws(settings, self.clients(region), journal=NoJournal())

    @property
    def region(self) -> str | None:
        """The region that the environment or the profile names."""
        with translated_errors("AWS"):
            return self._session.region

    def clients(self, region: str, *, before_call: BeforeCall | None = None) -> "Clients":
        """The clients of a region as omnipub's adapters use them; `before_call` runs before each of their calls."""
        return self._session.clients(region, before_call=before_call)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


connect: Callable[[str], AwsAccount] = AwsAccount
"""Opens the account of a profile; "" means the environment's. The one place where a test puts another in."""
