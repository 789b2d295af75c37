"""Hand a batch of the stream's records over to runs of their own, so that no account waits for another.

Rules of this module:
1. Records of one account stay together, in their order.
2. A run gets a pack of accounts and gives each a thread: a run for each account would be a cold start for each.
3. Accounts in trouble share packs with each other alone, so that only their runs wait for time-outs.
4. A delivery that a worker died with goes alone: should it kill this one as well, nobody dies with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnipub.domain.circuit_breaker import CircuitBreaker
from omnipub.errors import OmnipubError
from omnipub.ports.hand_over import HandOver
from omnipub.ports.stream import Pointer
from omnipub.ports.threads import ThreadPool
from omnipub.services.delivery.circuit_breaker import CircuitBreakers
from omnipub.services.delivery.publish import ALONE

CALLS = 8
"""Hand-overs side by side."""

Pack = Mapping[str, Sequence[Pointer]]
"""Account → its records, in their order."""


@dataclass(frozen=True, kw_only=True)
class FanOut:
    """Hands batches over, and waits for no network.

    Attributes:
        hand_over: What gives packs to runs of their own; None where whoever reads delivers by itself.
        pack: Accounts of a run at most: a thread each, and what a death hits at once.
    """

    hand_over: HandOver[Pointer] | None
    circuit_breakers: CircuitBreakers
    threads: ThreadPool
    pack: int

    def run(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        """Hand over; the records that were not taken."""
        hand_over, left = self.hand_over, list[Pointer]()
        if hand_over is None:
            raise AssertionError("who fans out has somebody to hand over to")
        packs = packed(pointers, in_trouble(self._breakers() if pointers else ()), pack=self.pack)

        def give(pack: Pack) -> None:
            left.extend(hand_over.hand_over(pack))

        self.threads.work({"": [lambda pack=pack: give(pack) for pack in packs]}, CALLS)  # type: ignore[misc]
        return left

    def _breakers(self) -> Sequence[CircuitBreaker]:
        try:
            return self.circuit_breakers.all()
        except OmnipubError:
            return ()  # advice: whoever waits for an account in trouble has a thread of its own all the same


def in_trouble(breakers: Sequence[CircuitBreaker]) -> Callable[[str], bool]:
    """Which accounts' last tries were not answered, by the names that pointers have for accounts."""
    names = {
        f"{one.network}/{one.account}#{one.owner}" if one.owner else f"{one.network}/{one.account}"
        for one in breakers
        if one.strains
    }
    return lambda group: group in names or group.rpartition("#")[0] in names


def packed(pointers: Sequence[Pointer], slow: Callable[[str], bool], *, pack: int) -> list[Pack]:
    """The packs of a batch, each for a run of its own."""
    alone = [one for one in dict.fromkeys(pointers) if one.why == ALONE]
    accounts: dict[str, list[Pointer]] = defaultdict(list)
    for pointer in dict.fromkeys(pointers):
        if pointer.why != ALONE:
            accounts[pointer.group].append(pointer)
    well = {name: records for name, records in accounts.items() if not slow(name)}
    unwell = {name: records for name, records in accounts.items() if name not in well}
    return [*({one.group: [one]} for one in alone), *_in_packs(well, pack), *_in_packs(unwell, pack)]


def _in_packs(accounts: Pack, size: int) -> Iterator[Pack]:
    names = list(accounts)
    for start in range(0, len(names), size):
        yield {name: accounts[name] for name in names[start : start + size]}
