"""Functions of two meanings never work on one table unless somebody saw to it that nothing goes out."""

import json

import pytest

from omnipub.errors import ConflictError
from omnipub_cli.deployment.data_version import check_deployment, check_return, meant_by
from omnipub_cli.deployment.ports import Stack
from omnipub_cli.deployment.stacks import ORDER, WITH_BUNDLES


def stack(meaning: str | None) -> Stack:
    return Stack(name="a", status="UPDATE_COMPLETE", outputs={} if meaning is None else {"Schema": meaning})


def template(meaning: str | None) -> str:
    return json.dumps({"Resources": {}} | ({"Outputs": {"Schema": {"Value": meaning}}} if meaning else {}))


@pytest.mark.parametrize(
    "there",
    [
        {},
        dict.fromkeys(WITH_BUNDLES),
        dict.fromkeys(WITH_BUNDLES, stack("new")),
        {"Scheduler": stack("new"), "Api": None},
    ],
)
def test_a_first_deployment_and_one_of_the_same_meaning_go_on(there: dict[str, Stack | None]) -> None:
    check_deployment(there, ["Api"], stage="dev", allowed=False, ours="new")


def test_another_meaning_is_deployed_only_with_a_word_for_it() -> None:
    there = dict.fromkeys(WITH_BUNDLES, stack("old"))
    with pytest.raises(ConflictError, match="each misreads what the other writes") as refused:
        check_deployment(there, ORDER, stage="dev", allowed=False, ours="new")
    assert "--allow-schema-change" in refused.value.hint
    check_deployment(there, ORDER, stage="dev", allowed=True, ours="new")


def test_a_part_of_the_functions_never_changes_over_alone() -> None:
    there = {"Scheduler": stack("new"), "Api": stack("old"), "Worker": stack("old")}
    with pytest.raises(ConflictError, match="would stay as they are: Worker") as refused:
        check_deployment(there, ["Data", "Api"], stage="dev", allowed=True, ours="new")
    assert refused.value.hint.endswith("omnipub deploy --infra serverless --stage dev")
    check_deployment(there, ["Api", "Worker"], stage="dev", allowed=True, ours="new")


def test_a_rollback_over_another_meaning_is_refused() -> None:
    check_return(stack("a"), template("a"), version="2", before="1", stage="dev")
    check_return(stack(None), template(None), version="2", before="1", stage="dev")
    for now, before in (("b", "a"), ("b", None)):
        with pytest.raises(ConflictError, match="would misread what has been written since"):
            check_return(stack(now), template(before), version="2", before="1", stage="dev")


def test_a_template_that_says_nothing_means_nothing_known() -> None:
    assert (meant_by(template("a")), meant_by(template(None))) == ("a", "")
