"""What the stacks of a stage on AWS say of themselves, and its scheduler as an emulator runs it, for tests."""

import io
import sysconfig
import zipfile
from pathlib import Path

import omnipub
from omnipub import __version__
from omnipub.adapters.aws.clients import Clients
from omnipub.config import Settings, to_environment
from omnipub.storage.schema import fingerprint

ACCOUNT = "123456789012"
OUTPUTS = {
    "Data": {
        "TableName": "table-1",
        "StreamName": "stream-1",
        "DelayQueue": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/delay-1",
        "MediaBucket": "media-1",
        "ParkedBucket": "parked-1",
        "VaultKey": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
        "Topic": f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms-1",
    },
    "Scheduler": {
        "SchedulerFunction": "omnipub-dev-scheduler",
        "DelayFunction": "omnipub-dev-delay",
        "Mode": "live",
        "WorkerTimeout": "90",
        "Version": __version__,
        "Schema": fingerprint(),
    },
    "Worker": {"WorkerFunction": "omnipub-dev-worker", "SenderFunction": "omnipub-dev-sender", "Schema": fingerprint()},
}
"""Stack's short name → the outputs of a live stage `dev`."""

_HANDLER = """
import sys
sys.path[:0] = {paths!r}
from omnipub.handlers.scheduler import handler
"""


def put_scheduler(clients: Clients, settings: Settings) -> None:
    """Put the scheduler where a stage has it, with the code of this checkout.

    The emulator runs it with its own Python, and what the scheduler imports has no compiled parts.
    """
    paths = [str(Path(omnipub.__file__).parents[1]), sysconfig.get_path("purelib")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("deployed.py", _HANDLER.format(paths=paths))
    client = clients.of("lambda")
    client.create_function(
        FunctionName=settings.function,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/omnipub",
        Handler="deployed.handler",
        Timeout=60,
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": to_environment(settings)},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=settings.function, WaiterConfig={"Delay": 1})
