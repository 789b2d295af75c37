"""Values of the conversation with a network."""

from omnipub.domain.conversation import Secret


def test_a_secret_equals_another_of_the_same_value_and_nothing_else() -> None:
    same, other = Secret("a"), Secret("b")
    assert Secret("a") == same
    assert same != other
    assert same != "a"
