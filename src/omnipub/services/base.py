"""What nearly every service needs: the table, its shards, a clock, randomness and the journal."""

from dataclasses import dataclass

from omnipub.ports.clock import Chance, Clock
from omnipub.ports.journal import Journal
from omnipub.ports.table import Table
from omnipub.storage.shards import Shards


@dataclass(frozen=True, kw_only=True)
class Base:
    """One value that services are given in place of five arguments.

    Attributes:
        table: The one table of the stage.
        shards: Its shard count, cached; of the same table.
        clock: Says the time.
        chance: Gives ids and random numbers.
        journal: Takes events.
    """

    table: Table
    shards: Shards
    clock: Clock
    chance: Chance
    journal: Journal
