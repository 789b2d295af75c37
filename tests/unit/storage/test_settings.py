from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.config import (
    LEASE_BEYOND_TIMEOUT,
    LONGEST_LEAD_MS,
    LogLevel,
    Mode,
    Settings,
    from_environment,
    to_environment,
    variable,
)
from omnipub.errors import ConfigurationError

text = st.text("aZ0-_./: äé🎉='\"", max_size=12)
counts = st.integers(0, 10**6)
seconds = st.integers(2, 900)
OF_TYPE = {str: text, int: counts, Mode: st.sampled_from(Mode), LogLevel: st.sampled_from(LogLevel)}


ON_AWS = ("table", "stream", "queue", "bucket", "key", "function")
PLACE = ("data", *ON_AWS)
places = st.one_of(
    st.fixed_dictionaries({"data": text}).map(lambda one: {"data": st.just(one["data"])}),
    st.fixed_dictionaries(dict.fromkeys(ON_AWS, text.filter(bool))).map(
        lambda names: {name: st.just(value) for name, value in names.items()}
    ),
)
"""One machine, or all that a stage on AWS has."""


def settings_with(worker_timeout: int) -> st.SearchStrategy[Settings]:
    """Settings with every field filled, among those that do not contradict each other."""
    own = {
        "worker_timeout": st.just(worker_timeout),
        "request_timeout": st.integers(1, worker_timeout // 2),
        "stage": text.filter(bool),
        "missed_after": st.integers(60, 10**6),
        "lead_ms": st.integers(0, LONGEST_LEAD_MS),
        "slots": st.integers(1, 1000),
        "pack": st.integers(1, 1000),
        "tries": st.integers(1, 1000),
    }
    others = {
        field.name: own.get(field.name, OF_TYPE[type(field.default)])
        for field in fields(Settings)
        if field.name not in PLACE
    }
    return places.flatmap(lambda place: st.builds(Settings, **place, **others))


some = seconds.flatmap(settings_with)
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


@pytest.mark.parametrize(("request_timeout", "worker_timeout"), [("31", "60"), ("30", "59"), ("25", "2")])
def test_time_outs_that_contradict_each_other_are_refused_naming_both(
    request_timeout: str, worker_timeout: str
) -> None:
    environment = {"OMNIPUB_REQUEST_TIMEOUT": request_timeout, "OMNIPUB_WORKER_TIMEOUT": worker_timeout}
    with pytest.raises(ConfigurationError) as caught:
        from_environment(environment)
    assert all(name in caught.value.message for name in environment)


def test_a_request_may_take_exactly_half_of_a_workers_run() -> None:
    assert Settings(request_timeout=30, worker_timeout=60).request_timeout == 30


@settings(deadline=None)
@given(some)
def test_a_lease_outlives_the_longest_run_by_ten_seconds(given_settings: Settings) -> None:
    assert given_settings.lease == timedelta(seconds=given_settings.worker_timeout) + LEASE_BEYOND_TIMEOUT
    assert timedelta(seconds=10) == LEASE_BEYOND_TIMEOUT


@settings(deadline=None)
@given(some)
def test_a_request_begun_at_the_end_of_the_budget_still_ends_within_the_run(given_settings: Settings) -> None:
    request = timedelta(seconds=given_settings.request_timeout)
    assert timedelta(0) < given_settings.batch_budget + request <= timedelta(seconds=given_settings.worker_timeout)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("slots", "0"),
        ("slots", "-1"),
        ("pack", "0"),
        ("tries", "0"),
        ("missed_after", "-5"),
        ("settle", "-1"),
        ("request_timeout", "0"),
        ("log_level", "LOUD"),
        ("stage", ""),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_naming_the_variable(setting: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_environment({variable(setting): value})
    assert variable(setting) in caught.value.message


NAMES = {"table": "t", "stream": "s", "queue": "q", "bucket": "b", "key": "k", "function": "f"}


def test_a_stage_is_on_aws_if_it_names_everything_there() -> None:
    assert Settings(**NAMES).on_aws  # type: ignore[arg-type]
    assert not Settings(data="/var/lib/omnipub").on_aws


@pytest.mark.parametrize("missing", NAMES)
def test_a_stage_on_aws_that_lacks_a_name_says_which(missing: str) -> None:
    names = {name: value for name, value in NAMES.items() if name != missing}
    with pytest.raises(ConfigurationError, match=f"^OMNIPUB_{missing.upper()} must be set"):
        Settings(**names)  # type: ignore[arg-type]


def test_a_stage_is_not_on_one_machine_and_on_aws() -> None:
    with pytest.raises(ConfigurationError, match="OMNIPUB_DATA and OMNIPUB_TABLE"):
        Settings(data="/var/lib/omnipub", **NAMES)  # type: ignore[arg-type]
