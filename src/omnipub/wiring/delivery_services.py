"""The services that deliver, over any world; each is imported and made at its first use."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from omnipub.config import Settings
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import network_of
from omnipub.services.base import Base
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage.shards import Shards
from omnipub.wiring.cached import locked_cached_property
from omnipub.wiring.world import World

if TYPE_CHECKING:
    from omnipub.services.accounts.accounts import Accounts
    from omnipub.services.accounts.token_refresh import TokenRefresh
    from omnipub.services.delivery.batch import BatchPublisher
    from omnipub.services.delivery.circuit_breaker import CircuitBreakers
    from omnipub.services.delivery.fan_out import FanOut
    from omnipub.services.delivery.publish import Publisher
    from omnipub.services.delivery.reconcile import Reconcile
    from omnipub.services.delivery.situation import Situation
    from omnipub.services.pauses.pauses import Pauses
    from omnipub.services.pauses.release import Releases
    from omnipub.services.protocol.driver import Driver
    from omnipub.services.scheduling.dispatch import Dispatch
    from omnipub.services.scheduling.run_now import RunNow
    from omnipub.services.scheduling.wake import Wake


class DeliveryServices:
    """What the worker and the scheduler use, and what the other services are made of.

    Attributes:
        settings: Of the stage.
        world: Its adapters.
        base: Those of its adapters that nearly every service needs.
        channels: By the name of their network.
    """

    def __init__(self, settings: Settings, world: World, channels: Mapping[str, Channel]) -> None:
        self.settings = settings
        self.world = world
        self.channels = channels
        self.base = Base(
            table=world.table,
            shards=Shards(world.table),
            clock=world.clock,
            chance=world.chance,
            journal=world.journal,
        )
        self.missed_after = timedelta(seconds=settings.missed_after)

    def rules(self, delivery: Delivery) -> Rules:
        """Return how its channel wants a delivery tried and looked for."""
        channel = self.channels.get(network_of(delivery.channel))
        if channel is None:  # only a release that knows it finds out more
            return Rules(remedy=ReconcileMethod.LOOK_UP, settle=timedelta(0), tries=self.settings.tries)
        settle = timedelta(seconds=self.settings.settle) if self.settings.settle else channel.settle
        return Rules(remedy=channel.remedy(delivery.account), settle=settle, tries=self.settings.tries)

    @locked_cached_property
    def due(self) -> Enqueue:
        """What puts due deliveries onto the stream or the delay queue."""
        return Enqueue(
            base=self.base,
            stream=self.world.stream,
            delay=self.world.delay,
            lead=self.settings.lead,
        )

    @locked_cached_property
    def recording(self) -> DeliveryStore:
        """The conditional writes of deliveries."""
        return DeliveryStore(
            base=self.base,
        )

    @locked_cached_property
    def gate(self) -> Gate:
        """What says whether this table is the original."""
        return Gate(
            base=self.base,
            place=self.world.place,
            recording=self.recording,
        )

    @locked_cached_property
    def driver(self) -> "Driver":
        """What carries a channel's conversation out."""
        from omnipub.services.protocol.driver import Driver

        return Driver(
            send=self.world.send,
            media=self.world.media.bytes_of,
            clock=self.base.clock,
            journal=self.base.journal,
            longest=timedelta(seconds=self.settings.request_timeout),
        )

    @locked_cached_property
    def releases(self) -> "Releases":
        """What lets held deliveries go."""
        from omnipub.services.pauses.release import Releases

        return Releases(
            base=self.base,
            recording=self.recording,
            gate=self.gate,
            due=self.due,
            channels=self.channels,
            window=self.missed_after,
        )

    @locked_cached_property
    def pauses(self) -> "Pauses":
        """What stops and resumes everything, a channel, an account or an owner."""
        from omnipub.services.pauses.pauses import Pauses

        return Pauses(
            base=self.base,
            releases=self.releases,
        )

    @locked_cached_property
    def accounts(self) -> "Accounts":
        """The connected accounts."""
        from omnipub.services.accounts.accounts import Accounts
        from omnipub.services.accounts.secret_urls import SecretUrls

        world = self.world
        return Accounts(
            base=self.base,
            vault=world.vault,
            releases=self.releases,
            addresses=SecretUrls(base=self.base, vault=world.vault),
            channels=self.channels,
        )

    @locked_cached_property
    def token_refresh(self) -> "TokenRefresh":
        """What refreshes tokens."""
        from omnipub.services.accounts.token_refresh import TokenRefresh

        return TokenRefresh(
            base=self.base,
            vault=self.world.vault,
            accounts=self.accounts,
            releases=self.releases,
            driver=self.driver,
            channels=self.channels,
        )

    @locked_cached_property
    def circuit_breakers(self) -> "CircuitBreakers":
        """The circuit breakers of accounts."""
        from omnipub.services.delivery.circuit_breaker import CircuitBreakers

        return CircuitBreakers(
            base=self.base,
            channels=self.channels,
        )

    @locked_cached_property
    def reconcile(self) -> "Reconcile":
        """What finds out whether a delivery that may be out is out."""
        from omnipub.services.delivery.reconcile import Reconcile

        return Reconcile(
            base=self.base,
            accounts=self.accounts,
            recording=self.recording,
            driver=self.driver,
            token_refresh=self.token_refresh,
            due=self.due,
            place=self.world.place,
            rules=self.rules,
            lease=self.settings.lease,
            patience=self.settings.batch_budget,
        )

    @locked_cached_property
    def contents(self) -> "Situation":
        """The one read before a claim."""
        from omnipub.services.delivery.situation import Situation

        return Situation(table=self.base.table, channels=self.channels)

    @locked_cached_property
    def deliver(self) -> "Publisher":
        """The worker's use case."""
        from omnipub.services.delivery.preflight import Preflight
        from omnipub.services.delivery.publish import Publisher
        from omnipub.services.delivery.token_retry import TokenRetry

        clock, patience = self.base.clock, self.settings.batch_budget
        return Publisher(
            base=self.base,
            accounts=self.accounts,
            contents=self.contents,
            recording=self.recording,
            reconcile=self.reconcile,
            pauses=self.pauses,
            circuit_breakers=self.circuit_breakers,
            driver=self.driver,
            second_try=TokenRetry(token_refresh=self.token_refresh, clock=clock, patience=patience),
            stops=Preflight(recording=self.recording, pauses=self.pauses, clock=clock),
            due=self.due,
            gate=self.gate,
            place=self.world.place,
            channels=self.channels,
            rules=self.rules,
            lease=self.settings.lease,
        )

    @locked_cached_property
    def batches(self) -> "BatchPublisher":
        """What delivers a batch of records, accounts side by side."""
        from omnipub.services.delivery.batch import BatchPublisher

        return BatchPublisher(
            base=self.base,
            deliver=self.deliver,
            token_refresh=self.token_refresh,
            gate=self.gate,
            stream=self.world.stream,
            threads=self.world.threads,
            budget=self.settings.batch_budget,
            slots=self.settings.slots,
            hand_over=self.world.hand_over,
        )

    @locked_cached_property
    def fan_out(self) -> "FanOut":
        """What hands a batch of records over to runs of their own."""
        from omnipub.services.delivery.fan_out import FanOut

        return FanOut(
            hand_over=self.world.hand_over,
            circuit_breakers=self.circuit_breakers,
            threads=self.world.threads,
            pack=self.settings.pack,
        )

    @locked_cached_property
    def dispatch(self) -> "Dispatch":
        """The tick of each minute."""
        from omnipub.services.scheduling.dispatch import Dispatch
        from omnipub.services.scheduling.held_sweep import HeldSweep

        return Dispatch(
            base=self.base,
            due=self.due,
            gate=self.gate,
            releases=self.releases,
            held_sweep=HeldSweep(
                base=self.base,
                releases=self.releases,
            ),
        )

    @locked_cached_property
    def wake(self) -> "Wake":
        """What puts on the stream what the delay queue wakes."""
        from omnipub.services.scheduling.wake import Wake

        return Wake(base=self.base, due=self.due, gate=self.gate)

    @locked_cached_property
    def run_now(self) -> "RunNow":
        """What puts chosen deliveries onto the stream at once."""
        from omnipub.services.scheduling.run_now import RunNow

        return RunNow(
            base=self.base,
            stream=self.world.stream,
            gate=self.gate,
        )
