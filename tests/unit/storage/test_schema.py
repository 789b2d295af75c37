from omnipub.domain.message import CHANNELS_AT_MOST
from omnipub.storage.schema import INDEXES, KEY_ATTRIBUTES, WRITE_LIMIT


def test_there_are_two_indexes_and_each_is_known_by_its_name() -> None:
    assert {name: index.name for name, index in INDEXES.items()} == {"GSI1": "GSI1", "GSI2": "GSI2"}


def test_an_indexs_keys_are_named_after_it() -> None:
    for name, index in INDEXES.items():
        assert (index.partition, index.sort) == (f"{name}PK", f"{name}SK")


def test_the_key_attributes_are_all_keys_and_nothing_else() -> None:
    assert set(KEY_ATTRIBUTES) == {"PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"}


def test_no_index_projects_a_key_twice() -> None:
    for index in INDEXES.values():
        assert not set(index.projected) & set(KEY_ATTRIBUTES)
        assert len(set(index.projected)) == len(index.projected)


def test_the_largest_message_fits_into_one_transaction() -> None:
    message, request, uniqueness = 1, 1, 1
    assert CHANNELS_AT_MOST + message + request + uniqueness <= WRITE_LIMIT
