"""What goes into the bundles, as tables: the functions, the packages behind imports, the AWS operations."""

PYTHON = "3.13"
"""The Lambda runtime's Python; wheels are chosen and bytecode is compiled for it."""

ENTRIES = {
    "api": "omnipub.handlers.api.app",
    "worker": "omnipub.handlers.worker",
    "scheduler": "omnipub.handlers.scheduler",
}
"""The module of each function; Lambda calls its `handler`."""

PLATFORMS = {
    "arm64": "aarch64-manylinux2014",
    "x86_64": "x86_64-manylinux2014",
}
"""The wheels of each of Lambda's architectures, in uv's words."""

PACKAGES = {
    "aws_lambda_powertools": "aws-lambda-powertools",
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
    "omnipub.services.stream.replay",
)
"""Modules of one machine or of the operator's command alone: an import of them inside a function is not followed,
since Lambda never calls that function."""

LAZY = (
    "aws_lambda_powertools",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.tracing",
)
"""Packages that import all they offer, of which the functions use little; see `omnipub_cdk.bundling.lazily`."""

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
}
"""The AWS services and operations that the shipped code calls; botocore's description of all others stays out."""

NOT_CALLED: dict[str, tuple[str, ...]] = {"dynamodb": ("Scan",)}
"""What shipped modules could call and only the operator's command does: described nowhere in a bundle."""

LEFT_OUT_PARTS = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/batch",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_classes",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "pydantic/v1",
)
"""Parts of packages that nothing shipped imports."""

LEFT_OUT_FOLDERS = frozenset({"__pycache__", "bin", "examples", "licenses", "test", "tests"})
LEFT_OUT_SUFFIXES = frozenset({".c", ".h", ".lock", ".pxd", ".pyi", ".pyx", ".typed"})
LEFT_OUT_FILES = frozenset({"CACHEDIR.TAG", "INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json"})
"""What of an installed package is never read at run time. `METADATA` stays: packages ask for their own version."""
