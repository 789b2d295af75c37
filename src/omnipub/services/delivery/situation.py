"""What a claim rests on besides the delivery and the pauses, strongly consistent: content, connection and breaker.

Content is that of a message or certification on the delivery's channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from omnipub.domain.announcement import announce
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import ParentKind, network_of
from omnipub.domain.message import Content
from omnipub.ports.table import ConditionFailedError, Item, Key, Table
from omnipub.services.pauses.scopes import ReadsItems
from omnipub.storage import keys
from omnipub.storage.items import certification_of, message_of


@dataclass(frozen=True, kw_only=True)
class ReadTogether:
    """Items of one batched read; an item that was not asked for then is read by itself."""

    table: Table
    asked: frozenset[Key]
    there: Mapping[Key, Item]

    def get(self, key: Key) -> Item | None:
        """The item, strongly consistent."""
        return self.there.get(key) if key in self.asked else self.table.get(key)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Reads."""

    table: Table
    channels: Mapping[str, Channel]

    def together(self, delivery: Delivery) -> ReadTogether:
        """All that a claim of this delivery rests on, in one call: it is read after the delivery itself."""
        network = network_of(delivery.channel)
        asked = (
            keys.metadata(delivery.parent),
            keys.connection(delivery.owner, delivery.channel),
            keys.breaker(network, delivery.account, delivery.apart),
        )
        return ReadTogether(table=self.table, asked=frozenset(asked), there=self.table.batch_get(asked))

    def of(self, delivery: Delivery, read: ReadsItems | None = None) -> Content:
        """The content of the very revision the delivery belongs to, as it stands in the table or was `read`.

        Raises:
            ConditionFailedError: An edit came in between; read the delivery again.
        """
        item = (read or self.table).get(keys.metadata(delivery.parent))
        if item is None:
            raise ConditionFailedError([0])
        if delivery.parent.kind is ParentKind.CERTIFICATION:
            certification = certification_of(item)
            revision, content = certification.revision, announce(certification, delivery.channel, self.channels)
        else:
            message = message_of(item)
            revision, content = message.revision, message.content.on(delivery.channel)
        if revision != delivery.revision:
            raise ConditionFailedError([0])
        return content
