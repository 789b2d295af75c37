"""What becomes of what is kept when its stack goes, by stage."""

from aws_cdk import RemovalPolicy

from omnipub_cdk.stages import Stage


def removal_of(stage: Stage) -> RemovalPolicy:
    """Kept on a protected stage, but for what a first deployment made that then failed; else deleted."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if stage.protected else RemovalPolicy.DESTROY
