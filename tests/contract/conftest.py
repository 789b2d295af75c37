"""Adapters of AWS beside those of one machine: over moto in this process, and over ministack where that is chosen.

moto loses updates when several threads write, so nothing that races runs over it.
"""

from collections.abc import Iterator

import pytest

from support.aws import CREDENTIALS, Cloud, cloud

EMULATORS = ["moto", pytest.param("ministack", marks=pytest.mark.ministack)]


@pytest.fixture(scope="module")
def over_moto() -> Iterator[Cloud]:
    import moto

    with pytest.MonkeyPatch.context() as changed:
        for name, value in CREDENTIALS.items():
            changed.setenv(name, value)
        with moto.mock_aws(), cloud(None) as made:
            yield made


@pytest.fixture(params=EMULATORS)
def emulated(request: pytest.FixtureRequest) -> Cloud:
    """AWS, as each emulator has it."""
    return request.getfixturevalue(f"over_{request.param}")
