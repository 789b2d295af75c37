"""What a delivery has to say: its message's or certification's content on its channel, strongly consistent."""

from collections.abc import Mapping
from dataclasses import dataclass

from omnipub.domain.announcement import announce
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import ParentKind
from omnipub.domain.message import Content
from omnipub.ports.table import ConditionFailedError, Table
from omnipub.storage import keys
from omnipub.storage.items import certification_of, message_of


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Reads content."""

    table: Table
    channels: Mapping[str, Channel]

    def of(self, delivery: Delivery) -> Content:
        """The content of the very revision the delivery belongs to.

        Raises:
            ConditionFailedError: An edit came in between; read the delivery again.
        """
        item = self.table.get(keys.metadata(delivery.parent))
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
