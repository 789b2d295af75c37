"""All services of one stage, made of whatever adapters they are given."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omnipub.channels.registry import CHANNELS
from omnipub.config import Mode, Settings
from omnipub.domain.conversation import Channel
from omnipub.ports.http import HttpSender
from omnipub.wiring.cached import locked_cached_property
from omnipub.wiring.delivery_services import DeliveryServices
from omnipub.wiring.world import World

if TYPE_CHECKING:
    from omnipub.ports.notifier import Notifier
    from omnipub.services.accounts.check import AccountCheck
    from omnipub.services.accounts.connect import AccountConnector
    from omnipub.services.bulk.export_rows import ExportRows
    from omnipub.services.bulk.import_rows import ImportRows
    from omnipub.services.delivery.search import OperatorLook
    from omnipub.services.health.backlog import Backlog
    from omnipub.services.health.checkup import Checkup
    from omnipub.services.health.stuck import Stuck
    from omnipub.services.messages.actions import MessageActions
    from omnipub.services.messages.announce import Announce
    from omnipub.services.messages.calendar import Calendar
    from omnipub.services.messages.create import CreateMessage
    from omnipub.services.messages.create_transaction import CreateTransaction
    from omnipub.services.messages.list import ListMessages
    from omnipub.services.messages.preview import Preview
    from omnipub.services.messages.read import ReadMessages
    from omnipub.services.messages.unpublish import Unpublish
    from omnipub.services.notify.notices import Notices
    from omnipub.services.notify.targets import NoticeTargets
    from omnipub.services.profiles import Profiles
    from omnipub.services.table.adopt import Adoption


class System(DeliveryServices):
    """All services of one stage over one world; each is imported and made at its first use."""

    def close(self) -> None:
        """Close files and connections; the system is not used after this."""
        self.world.close()

    @locked_cached_property
    def creation(self) -> "CreateTransaction":
        """The one transaction that creates a message."""
        from omnipub.services.messages.create_transaction import CreateTransaction

        return CreateTransaction(
            base=self.base,
            accounts=self.accounts,
            due=self.due,
            channels=self.channels,
            missed_after=self.missed_after,
            media_days=self.settings.media_days,
        )

    @locked_cached_property
    def compose(self) -> "CreateMessage":
        """What accepts a message."""
        from omnipub.services.messages.create import CreateMessage

        return CreateMessage(creation=self.creation, channels=self.channels)

    @locked_cached_property
    def announce(self) -> "Announce":
        """What accepts a certification."""
        from omnipub.services.messages.announce import Announce

        return Announce(creation=self.creation, channels=self.channels)

    @locked_cached_property
    def preview(self) -> "Preview":
        """What shows a message as its channels would get it."""
        from omnipub.services.messages.preview import Preview

        return Preview(creation=self.creation, channels=self.channels)

    @locked_cached_property
    def showing(self) -> "ReadMessages":
        """What reads one message with its deliveries."""
        from omnipub.services.messages.read import ReadMessages

        return ReadMessages(table=self.base.table)

    @locked_cached_property
    def lists(self) -> "ListMessages":
        """What lists messages and certifications."""
        from omnipub.services.messages.list import ListMessages

        return ListMessages(base=self.base, channels=self.channels)

    @locked_cached_property
    def profiles(self) -> "Profiles":
        """What keeps the profiles of users."""
        from omnipub.services.profiles import Profiles

        return Profiles(base=self.base)

    @locked_cached_property
    def calendar(self) -> "Calendar":
        """What lists deliveries by their due time."""
        from omnipub.services.messages.calendar import Calendar

        return Calendar(base=self.base, channels=self.channels)

    @locked_cached_property
    def operate(self) -> "MessageActions":
        """What an operator does with deliveries: cancel, retry, dismiss, mark as published."""
        from omnipub.services.messages.actions import MessageActions

        return MessageActions(
            creation=self.creation,
            gate=self.gate,
            recording=self.recording,
            showing=self.showing,
            clock=self.base.clock,
            missed_after=self.missed_after,
        )

    @locked_cached_property
    def unpublish(self) -> "Unpublish":
        """What deletes posts from their networks."""
        from omnipub.services.messages.unpublish import Unpublish

        return Unpublish(
            showing=self.showing,
            accounts=self.accounts,
            recording=self.recording,
            gate=self.gate,
            driver=self.driver,
            clock=self.base.clock,
            channels=self.channels,
        )

    @locked_cached_property
    def search(self) -> "OperatorLook":
        """What looks for a post of an operator's choice."""
        from omnipub.services.delivery.search import OperatorLook

        return OperatorLook(
            base=self.base,
            accounts=self.accounts,
            contents=self.contents,
            recording=self.recording,
            reconcile=self.reconcile,
            gate=self.gate,
            channels=self.channels,
            within=self.settings.lease,
        )

    @locked_cached_property
    def importing(self) -> "ImportRows":
        """What creates messages from rows."""
        from omnipub.services.bulk.import_rows import ImportRows

        return ImportRows(compose=self.compose, preview=self.preview, showing=self.showing, media=self.world.media)

    @locked_cached_property
    def exporting(self) -> "ExportRows":
        """What writes messages as rows."""
        from omnipub.services.bulk.export_rows import ExportRows

        return ExportRows(table=self.base.table, lists=self.lists, missed_after=self.missed_after)

    @locked_cached_property
    def asking(self) -> "AccountCheck":
        """What asks a network about an account."""
        from omnipub.services.accounts.check import AccountCheck

        return AccountCheck(accounts=self.accounts, driver=self.driver, clock=self.base.clock, channels=self.channels)

    @locked_cached_property
    def connecting(self) -> "AccountConnector":
        """What connects accounts."""
        from omnipub.services.accounts.connect import AccountConnector

        return AccountConnector(
            base=self.base,
            accounts=self.accounts,
            releases=self.releases,
            asking=self.asking,
            token_refresh=self.token_refresh,
            channels=self.channels,
        )

    @locked_cached_property
    def adoption(self) -> "Adoption":
        """What opens the gate of a table that is a copy."""
        from omnipub.services.table.adopt import Adoption

        return Adoption(
            base=self.base,
            place=self.world.place,
            gate=self.gate,
            recording=self.recording,
        )

    @locked_cached_property
    def stuck(self) -> "Stuck":
        """What lists deliveries that need somebody."""
        from omnipub.services.health.stuck import Stuck

        return Stuck(base=self.base)

    @locked_cached_property
    def backlog(self) -> "Backlog":
        """What measures how much is due and how late it is."""
        from omnipub.services.health.backlog import Backlog

        return Backlog(base=self.base)

    @locked_cached_property
    def checkup(self) -> "Checkup":
        """What says whether all is well."""
        from omnipub.services.health.blocked_accounts import BlockedAccounts
        from omnipub.services.health.checkup import Checkup

        return Checkup(
            base=self.base,
            backlog=self.backlog,
            dispatch=self.dispatch,
            gate=self.gate,
            hindrances=BlockedAccounts(
                base=self.base,
                backlog=self.backlog,
                accounts=self.accounts,
                pauses=self.pauses,
                circuit_breakers=self.circuit_breakers,
            ),
        )

    @locked_cached_property
    def notice_targets(self) -> "NoticeTargets":
        """The targets of notices that stand in the table."""
        from omnipub.services.notify.targets import NoticeTargets

        return NoticeTargets(base=self.base, vault=self.world.vault)

    @locked_cached_property
    def notices(self) -> "Notices":
        """What tells people what needs them."""
        from omnipub.services.notify.notices import Notices

        return Notices(
            base=self.base,
            notifier=self._notifier,
            origin=f"{self.settings.stage}, {self.settings.mode.value}",
            alarmed=self.settings.on_aws,
        )

    @property
    def _notifier(self) -> "Notifier":
        if self.world.notifier is not None:
            return self.world.notifier
        from omnipub.services.notify.stored_targets_notifier import StoredTargetsNotifier

        if self.world.mail is None or self.world.notice_http is None:
            raise AssertionError("who tells stored targets has mail and HTTP")
        return StoredTargetsNotifier(stored=self.notice_targets, mail=self.world.mail, http=self.world.notice_http)


def assemble(settings: Settings, world: World, channels: Mapping[str, Channel] = CHANNELS) -> System:
    """Build the services over any world: AWS, one machine, or a simulator."""
    return System(settings, world, channels)


def sender(settings: Settings) -> HttpSender:
    """What sends: to the networks, or to a sandbox of this machine and nowhere else."""
    from omnipub.adapters.http.client import HttpClient
    from omnipub.adapters.http.loopback import LoopbackHttpClient

    if settings.mode is Mode.SANDBOX:
        return LoopbackHttpClient(_origin(settings.sandbox_url))
    # Live, no origin is exempt from the address guard, whatever the settings say of a sandbox.
    return HttpClient()


def _origin(url: str) -> set[str]:
    parts = urlsplit(url)
    return {f"{parts.scheme}://{parts.netloc}"} if url else set()
