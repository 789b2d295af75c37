"""The networks omnipub publishes on. A new one is its own file and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.channels.bluesky import Bluesky
from omnipub.channels.facebook import Facebook
from omnipub.channels.linkedin import LinkedIn
from omnipub.channels.telegram import Telegram
from omnipub.channels.webhook import Webhook
from omnipub.domain.conversation import Channel

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        "bluesky": Bluesky(),
        "facebook": Facebook(),
        "linkedin": LinkedIn(),
        "telegram": Telegram(),
        "webhook": Webhook(),
    }
)
