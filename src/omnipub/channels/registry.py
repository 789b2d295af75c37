"""The networks omnipub publishes on. A new one is its own file and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.channels.networks.facebook.channel import Facebook
from omnipub.channels.networks.linkedin.channel import LinkedIn
from omnipub.channels.networks.telegram.channel import Telegram
from omnipub.channels.networks.webhook import Webhook
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
