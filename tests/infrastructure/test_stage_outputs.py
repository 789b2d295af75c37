"""What the command line looks for in the outputs of a stage is what the stacks say."""

from typing import Any

import pytest

from omnipub import __version__
from omnipub.config import Mode
from omnipub.storage.schema import fingerprint
from omnipub_cli.deployment.outputs import EXPORTS
from omnipub_cli.deployment.stage.stack_outputs import OPTIONAL, SAID_BY, facts


def said(synthesised: Any) -> dict[str, dict[str, Any]]:
    """Stack's short name → the values of its outputs, as the template has them."""
    return {
        short: {
            name: output["Value"]
            for name, output in synthesised.stacks[f"Omnichannel{short}Stack"]["Outputs"].items()
            if not name.startswith(EXPORTS)
        }
        for short in SAID_BY
    }


@pytest.mark.parametrize("short", SAID_BY)
def test_the_stacks_say_exactly_what_the_command_line_looks_for(dev: Any, short: str) -> None:
    assert set(said(dev)[short]) - set(OPTIONAL.get(short, ())) == set(SAID_BY[short])


def test_version_schema_and_mode_are_those_of_the_deployed_code(dev: Any, prod: Any) -> None:
    for made, mode in ((dev, Mode.SANDBOX), (prod, Mode.LIVE)):
        outputs = said(made)
        assert outputs["Scheduler"]["Version"] == __version__
        assert outputs["Scheduler"]["Schema"] == outputs["Worker"]["Schema"] == fingerprint()
        assert outputs["Scheduler"]["Mode"] == mode


def test_the_settings_read_from_the_outputs_are_those_of_the_functions(dev: Any) -> None:
    outputs = said(dev)
    plain = {short: {name: str(value) for name, value in one.items()} for short, one in outputs.items()}
    found = facts("dev", plain).settings
    variables = dev.function("scheduler")["Environment"]["Variables"]
    assert str(found.worker_timeout) == variables["OMNIPUB_WORKER_TIMEOUT"]
    assert found.mode == variables["OMNIPUB_MODE"]
    names = {"TableName": "OMNIPUB_TABLE", "StreamName": "OMNIPUB_STREAM", "MediaBucket": "OMNIPUB_BUCKET"}
    for output, variable in names.items():
        # the function imports what the stack of data exports: the same resource stands in both
        assert outputs["Data"][output]["Ref"] in str(variables[variable]), (output, variable)
    assert outputs["Data"]["DelayQueue"]["Ref"] in str(variables["OMNIPUB_QUEUE"])
    assert outputs["Data"]["VaultKey"]["Fn::GetAtt"][0] in str(variables["OMNIPUB_KEY"])
