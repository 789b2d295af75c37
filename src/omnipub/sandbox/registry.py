"""The networks of the sandbox. A new one is a module or package in `networks` and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.sandbox.network import Dialect
from omnipub.sandbox.networks import webhook
from omnipub.sandbox.networks.bluesky import endpoints as bluesky
from omnipub.sandbox.networks.facebook import endpoints as facebook
from omnipub.sandbox.networks.linkedin import endpoints as linkedin
from omnipub.sandbox.networks.telegram import endpoints as telegram

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "facebook": facebook.DIALECT,
        "linkedin": linkedin.DIALECT,
        "webhook": webhook.DIALECT,
        "bluesky": bluesky.DIALECT,
        "telegram": telegram.DIALECT,
    }
)
