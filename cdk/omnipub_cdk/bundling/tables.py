"""What goes into the bundles, as tables: the functions, the packages behind imports, the AWS operations."""

ENTRIES = {
    "api": "omnipub.handlers.api.app",
    "worker": "omnipub.handlers.worker",
    "sender": "omnipub.handlers.sender",
    "scheduler": "omnipub.handlers.scheduler",
    "delay": "omnipub.handlers.delay_consumer",
    "sandbox": "omnipub.sandbox.aws_function",
}
"""The module of each function; Lambda calls its `handler`."""

PLATFORMS = {
    "arm64": "aarch64-manylinux2014",
    "x86_64": "x86_64-manylinux2014",
}
"""The wheels of each of Lambda's architectures, in uv's words."""

PACKAGES = {
    "boto3": "boto3",
    "botocore": "botocore",
    "cryptography": "cryptography",
    "pydantic": "pydantic",
    "regex": "regex",
    "ulid": "python-ulid",
    "urllib3": "urllib3",
    "zoneinfo": "tzdata",  # the runtime has no time zones of its own
}
"""The package that a shipped module's import needs; a name outside this table and the standard library is an error."""

NOT_FOLLOWED = (
    "omnipub.adapters.aws.kinesis_reader",
    "omnipub.adapters.aws.s3_parked",
    "omnipub.adapters.local.*",
    "omnipub.adapters.system.log_file",
    "omnipub.services.stream.replay",
    "omnipub.wiring.local",
)
"""Modules that only one machine or the operator's command uses. Imports of them are not followed, as Lambda never
calls the functions that hold those imports. A bundle whose start needs one of them is not built (`smoke_test.py`)."""

OPERATIONS: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        "BatchGetItem",
        "BatchWriteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
    ),
    "kinesis": ("PutRecords",),
    "kms": ("Decrypt", "Encrypt"),
    "lambda": ("Invoke",),
    "s3": ("GetObject", "HeadObject", "PutObject"),
    "secretsmanager": ("GetSecretValue",),
    "sns": ("Publish",),
    "sqs": ("SendMessageBatch",),
}
"""The AWS services and operations that the shipped code calls; botocore's description of all others stays out."""

NOT_CALLED: dict[str, tuple[str, ...]] = {"dynamodb": ("Scan",)}
"""What shipped modules could call and only the operator's command does: described nowhere in a bundle."""

LEFT_OUT_PARTS = ("pydantic/v1",)
"""Parts of packages that nothing shipped imports."""

LEFT_OUT_FOLDERS = frozenset({"__pycache__", "bin", "examples", "licenses", "test", "tests"})
LEFT_OUT_SUFFIXES = frozenset({".c", ".h", ".lock", ".pxd", ".pyi", ".pyx", ".typed"})
LEFT_OUT_FILES = frozenset({"CACHEDIR.TAG", "INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json"})
"""What of an installed package is never read at run time. `METADATA` stays: packages ask for their own version."""
