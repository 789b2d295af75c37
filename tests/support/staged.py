"""What the stacks of a stage on AWS say of themselves, for tests."""

from omnipub import __version__
from omnipub.storage.schema import fingerprint

ACCOUNT = "123456789012"
OUTPUTS = {
    "Data": {
        "TableName": "table-1",
        "TableShape": fingerprint(),
        "StreamName": "stream-1",
        "MediaBucket": "media-1",
        "ParkedBucket": "parked-1",
        "VaultKey": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
    },
    "Scheduler": {
        "SchedulerFunction": "omnipub-dev-scheduler",
        "Mode": "live",
        "WorkerTimeout": "90",
        "Version": __version__,
    },
    "Worker": {"WorkerFunction": "omnipub-dev-worker"},
}
"""Stack's short name → the outputs of a live stage `dev`."""
