"""What a run tells: a line for each package, and what has a reason apart from what has none."""

from mutation.conditions import Mutant
from mutation.plugin import forget
from mutation.run import package, table
from omnipub.storage import codec


def mutant(file: str, kind: str = "true") -> Mutant:
    return Mutant(file=f"src/omnipub/{file}", line=1, function="f", kind=kind, text="a", number=1)


def test_each_package_has_a_line_and_what_has_a_reason_counts_apart() -> None:
    store, codec_ = "services/protocol/store.py", "storage/codec.py"
    known = mutant(store, "false")
    ended = {
        "noticed": [mutant(store)] * 3,
        "survived": [mutant(store, "bound"), known],
        "untested": [mutant(codec_)],
        "broken": [mutant(codec_)],
        "unreached": [mutant(codec_)],
    }
    assert table(ended, {known.name: "Saves time only."})[3:] == [
        "| services/protocol | 5 | 3 | 1 | 1 | 0 |",
        "| storage | 2 | 0 | 0 | 1 | 1 |",
    ]


def test_a_package_has_two_levels_at_most() -> None:
    assert package(mutant("adapters/local/sqlite/table.py")) == "adapters/local"


def test_what_a_cache_kept_from_before_a_mutant_is_forgotten() -> None:
    codec.decode(int, 1)
    assert codec._decoder.cache_info().currsize
    forget()
    assert codec._decoder.cache_info().currsize == 0
