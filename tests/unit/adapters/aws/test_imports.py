"""What a cold start imports: one machine does without botocore, and no stage needs boto3."""

import subprocess
import sys

import pytest

_LOADED = "import sys, {module}; print([one for one in ('boto3', 'botocore.exceptions') if one in sys.modules])"


def loaded_by(module: str) -> str:
    done = subprocess.run(  # noqa: S603  this interpreter
        [sys.executable, "-c", _LOADED.format(module=module)], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("handler", ["api.app", "worker", "scheduler"])
def test_no_handler_imports_botocore_before_it_is_chosen(handler: str) -> None:
    assert loaded_by(f"omnipub.handlers.{handler}") == "[]"


def test_a_stage_on_aws_imports_botocore_and_not_boto3() -> None:
    assert loaded_by("omnipub.wiring.aws") == "['botocore.exceptions']"
