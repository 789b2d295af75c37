"""The settings that the functions of a stage read: the same `Settings`, built here of names that AWS gives later."""

from collections.abc import Mapping

from omnipub.config import Settings, to_environment
from omnipub.names import SANDBOX_ADDRESS
from omnipub_cdk.functions import function_name
from omnipub_cdk.stacks.auth import AuthStack
from omnipub_cdk.stacks.data import DataStack
from omnipub_cdk.stages import Stage


def environment(
    stage: Stage,
    data: DataStack,
    *,
    auth: AuthStack | None = None,
    origin_secret: str = "",
    parked: str = "",
    topic: str = "",
    handing_over: bool = False,
) -> Mapping[str, str]:
    """The variables of a function; sign-in, origin secret, bucket, topic and sender are for who needs each."""
    return to_environment(
        Settings(
            stage=stage.name,
            mode=stage.mode,
            sandbox_url=SANDBOX_ADDRESS if stage.has_sandbox else stage.sandbox_url,
            sandbox_function=function_name(stage, "sandbox") if stage.has_sandbox else "",
            worker_timeout=stage.worker_timeout,
            lead_ms=stage.lead_ms,
            pack=stage.pack,
            log_level=stage.log_level,
            media_days=stage.media_days,
            table=data.table.table_name,
            stream=data.stream.stream_name,
            queue=data.delay.queue_url,
            bucket=data.media.bucket_name,
            key=data.vault.key_arn,
            function=function_name(stage, "scheduler"),
            sender=function_name(stage, "sender") if handing_over else "",
            parked=parked,
            topic=topic,
            sign_in_url=auth.sign_in_url if auth else "",
            sign_in_client=auth.client.user_pool_client_id if auth else "",
            origin_secret=origin_secret,
        )
    )
