from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.config import LEASE_BEYOND_TIMEOUT, Mode, Settings, from_environment, to_environment, variable
from omnipub.errors import ConfigurationError

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
counts = st.integers(1, 10**6)
levels = st.sampled_from(["DEBUG", "INFO", "WARNING", "ERROR"])
BY_TYPE = {str: text, int: counts, Mode: st.sampled_from(Mode)}
some = st.builds(
    Settings,
    **{field.name: levels if field.name == "log_level" else BY_TYPE[type(field.default)] for field in fields(Settings)},
)
NUMBERS = [field.name for field in fields(Settings) if type(field.default) is int]


@settings(deadline=None)
@given(some)
def test_the_environment_written_is_the_settings_read(given_settings: Settings) -> None:
    assert from_environment(to_environment(given_settings)) == given_settings


@given(some)
def test_the_environment_holds_every_setting_as_text(given_settings: Settings) -> None:
    written = to_environment(given_settings)
    assert set(written) == {variable(field.name) for field in fields(Settings)}
    assert all(type(value) is str for value in written.values())


def test_an_environment_written_back_is_the_same() -> None:
    environment = to_environment(Settings(stage="prod", mode=Mode.LIVE, slots=4))
    assert to_environment(from_environment(environment)) == environment


def test_an_empty_environment_gives_the_defaults() -> None:
    assert from_environment({}) == Settings()


def test_by_default_nothing_goes_out_live() -> None:
    assert Settings().mode is Mode.SANDBOX


def test_variables_of_others_are_let_be() -> None:
    assert from_environment({"PATH": "/bin", "STAGE": "prod", "stage": "prod"}) == Settings()


def test_a_variable_is_named_after_its_setting() -> None:
    assert variable("worker_timeout") == "OMNIPUB_WORKER_TIMEOUT"


def test_values_are_read_in_their_own_types() -> None:
    read = from_environment({"OMNIPUB_MODE": "live", "OMNIPUB_SLOTS": "8", "OMNIPUB_STAGE": "8"})
    assert read.mode is Mode.LIVE
    assert (read.slots, read.stage) == (8, "8")


@pytest.mark.parametrize("value", ["", "Live", "production", " live"])
def test_an_unknown_mode_is_refused_naming_the_variable_and_the_modes(value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_environment({"OMNIPUB_MODE": value})
    assert all(part in caught.value.message for part in ("OMNIPUB_MODE", f"'{value}'", "sandbox", "live"))


@pytest.mark.parametrize("setting", NUMBERS)
@pytest.mark.parametrize("value", ["", "many", "1.5", "60s", "0x10", "1e3"])
def test_what_is_no_whole_number_is_refused_naming_the_variable_and_what_is_allowed(setting: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_environment({variable(setting): value})
    assert variable(setting) in caught.value.message
    assert f"'{value}'" in caught.value.message
    assert "whole number" in caught.value.message


@given(counts)
def test_a_lease_outlives_the_longest_run_by_ten_seconds(timeout: int) -> None:
    lease = Settings(worker_timeout=timeout).lease
    assert lease == timedelta(seconds=timeout) + LEASE_BEYOND_TIMEOUT
    assert timedelta(seconds=10) == LEASE_BEYOND_TIMEOUT


@given(counts)
def test_what_a_worker_starts_last_still_ends_within_its_time_out(timeout: int) -> None:
    budget = Settings(worker_timeout=timeout).batch_budget
    assert timedelta(0) < budget < timedelta(seconds=timeout)
