"""CDK's command line as a process: what it is given, what is told of a failure, and how it is stopped."""

import json
import sys
from pathlib import Path

import pytest

from omnipub_cli.deployment.cdk import CommandLine
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.errors import DeploymentFailedError

LAUNCH = """
import json, os, sys
from pathlib import Path
Path("heard.json").write_text(json.dumps({"words": sys.argv[1:], "account": os.environ.get("CDK_DEFAULT_ACCOUNT"),
                                          "bytecode": "PYTHONDONTWRITEBYTECODE" in os.environ}))
print(Path("says.txt").read_text())
sys.exit(int(Path("code.txt").read_text()))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "cdk" / "omnipub_cdk").mkdir(parents=True)
    made = Checkout(root=tmp_path)
    (made.cdk / "omnipub_cdk" / "launch.py").write_text(LAUNCH)
    return says(made, "", code=0)


def says(checkout: Checkout, words: str, *, code: int) -> Checkout:
    (checkout.cdk / "says.txt").write_text(words)
    (checkout.cdk / "code.txt").write_text(str(code))
    return checkout


def heard(checkout: Checkout) -> dict[str, object]:
    told = json.loads((checkout.cdk / "heard.json").read_text())
    assert isinstance(told, dict)
    return told


def test_synthesis_gets_the_values_of_the_stage(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    CommandLine(checkout, pytest.fail).synthesise({"stage": "dev", "firewall": "false"}, Path("/out"))
    told = heard(checkout)
    assert told["bytecode"] is False, "without bytecode each synthesis compiles the whole library again"
    words = "synth --quiet --output /out -c stage=dev -c firewall=false --ci --no-color"
    assert told["words"] == words.split()


def test_a_profile_is_passed_on(checkout: Checkout) -> None:
    CommandLine(checkout, pytest.fail, profile="my work").synthesise({}, Path("/out"))
    words = heard(checkout)["words"]
    assert isinstance(words, list)
    assert words[words.index("--profile") + 1] == "my work"


def test_change_sets_are_made_and_not_executed(checkout: Checkout) -> None:
    stacks = ["OmnichannelDataStack", "OmnichannelAuthStack"]
    CommandLine(checkout, pytest.fail).prepare(Path("/out"), stacks, change_set="omnipub", account="123456789012")
    told = heard(checkout)
    words = told["words"]
    assert isinstance(words, list)
    assert words[:5] == ["deploy", *stacks, "--app", "/out"]
    assert words[words.index("--method") + 1] == "prepare-change-set"
    assert "--exclusively" in words
    assert told["account"] == "123456789012"


def test_of_a_failure_only_what_went_wrong_is_told(checkout: Checkout) -> None:
    words = """
OmnichannelDataStack (OmnichannelDataStack-dev)
OmnichannelDataStack-dev: success: Published Template (123456789012-us-east-1-00cc5be8)
OmnichannelDataStack (OmnichannelDataStack-dev): deploying... [1/2]
arn:aws:cloudformation:us-east-1:123456789012:stack/OmnichannelDataStack-dev/e40bd0d3
Template format error: Unrecognized resource types: [AWS::Cognito::ManagedLoginBranding]
"""
    says(checkout, words, code=1)
    with pytest.raises(DeploymentFailedError) as failed:
        CommandLine(checkout, pytest.fail).synthesise({}, Path("/out"))
    assert failed.value.message == (
        "Synthesising the stacks failed: "
        "Template format error: Unrecognized resource types: [AWS::Cognito::ManagedLoginBranding]"
    )
    assert "OMNIPUB_DEBUG=1" in failed.value.hint


CHECKS = """
ERROR The Cognito user pool is not on the plus tier / feature plan. (AwsSolutions)
   OmnichannelAuthStack/Users/Resource aws-cdk-lib.aws_cognito.CfnUserPool
   Acknowledge with 'AwsSolutions::AwsSolutions-COG8'

WARNING The Cognito user pool does not require MFA. (AwsSolutions)
   OmnichannelAuthStack/Users/Resource aws-cdk-lib.aws_cognito.CfnUserPool

/tmp/tmpgx6j5oap/lib/program.js:1:5591
INFO SecurityHub is left to the account: one per account and region. (Construct Annotations)
   OmnichannelSecurityStack
   Acknowledge with 'Annotation::info-annotation'
Synthesis finished with errors
"""
"""What CDK 2.275 says where a check fails."""


def test_of_checks_only_those_that_failed_are_told_each_with_its_resource(checkout: Checkout) -> None:
    says(checkout, CHECKS, code=1)
    with pytest.raises(DeploymentFailedError) as failed:
        CommandLine(checkout, pytest.fail).synthesise({}, Path("/out"))
    assert failed.value.message == (
        "Synthesising the stacks failed: The Cognito user pool is not on the plus tier / feature plan. (AwsSolutions) "
        "at OmnichannelAuthStack/Users/Resource"
    )


def test_of_many_failed_checks_the_first_are_told_and_the_others_counted(checkout: Checkout) -> None:
    says(checkout, "".join(f"ERROR Check {one} failed.\n   Stack/{one}\n" for one in range(5)), code=1)
    with pytest.raises(DeploymentFailedError, match=r"Check 2 failed\. at Stack/2 / and 2 more$"):
        CommandLine(checkout, pytest.fail).synthesise({}, Path("/out"))


def test_remarks_of_checks_do_not_hide_why_a_run_failed(checkout: Checkout) -> None:
    says(checkout, "log_days is 5; allowed: 7, 14.\nINFO Nothing to worry about.\n   Stack\n", code=1)
    with pytest.raises(DeploymentFailedError, match=r"failed: log_days is 5; allowed: 7, 14\.$"):
        CommandLine(checkout, pytest.fail).synthesise({}, Path("/out"))


def test_a_failure_without_words_says_its_exit_code(checkout: Checkout) -> None:
    says(checkout, "", code=7)
    with pytest.raises(DeploymentFailedError, match="exit code 7"):
        CommandLine(checkout, pytest.fail).synthesise({}, Path("/out"))


def test_everything_is_told_to_who_wants_to_see_it(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIPUB_DEBUG", "1")
    says(checkout, "one\ntwo", code=0)
    told: list[str] = []
    CommandLine(checkout, told.append).synthesise({}, Path("/out"))
    assert told[:2] == ["one", "two"]


def test_a_run_that_is_stopped_stops_cdk_too(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process would go on for ever; its first line makes this one stop."""
    endless = (
        f"import os, time; open('pid', 'w').write(str(os.getpid())); print('begun', flush=True); time.sleep({10**6})"
    )
    (checkout.cdk / "omnipub_cdk" / "launch.py").write_text(endless)
    monkeypatch.setenv("OMNIPUB_DEBUG", "1")

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CommandLine(checkout, stop).synthesise({}, Path("/out"))
    pid = (checkout.cdk / "pid").read_text()
    assert not Path(f"/proc/{pid}").exists() or sys.platform != "linux"
