"""Who is an operator: whoever is in the group of exactly that name, and nobody else."""

import pytest

from omnipub.handlers.api.principal import NobodyError, groups_of, viewer
from omnipub.onebox.gateway import CLAIMS


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[operators]", {"operators"}),
        ("[authors operators]", {"authors", "operators"}),
        (["operators", 1, None], {"operators"}),
        ("[[operators]]", {"[operators]"}),
        ("[[operators] authors]", {"[operators]", "authors"}),
        ("[x,operators]", {"x,operators"}),
        ("[operators,x authors]", {"operators,x", "authors"}),
        ("[Operators]", {"Operators"}),
        ("[operators\u00a0x]", {"operators\u00a0x"}),
        ("[operators\tx]", {"operators\tx"}),
        ("[]", {""}),
        ("[", set()),
        ("operators", set()),
        ("operators x", set()),
        ("x,operators", set()),
        ("operators]", set()),
        ("[operators", set()),
        ("", set()),
        (None, set()),
        ({"operators": 1}, set()),
        (["[operators]", "x,operators", "operators x"], {"[operators]", "x,operators", "operators x"}),
    ],
)
def test_groups_are_read_as_the_authorizer_writes_them(claim: object, groups: set[str]) -> None:
    assert groups_of(claim) == groups
    assert viewer({"sub": "somebody", "cognito:groups": claim}).operator == ("operators" in groups)


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"cognito:groups": "[operators]"}, {"sub": None}])
def test_without_a_subject_there_is_nobody(claims: dict[str, object]) -> None:
    with pytest.raises(NobodyError):
        viewer(claims)


def test_who_holds_the_token_of_this_machine_is_an_operator() -> None:
    assert viewer(CLAIMS).operator
