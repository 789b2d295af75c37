"""The targets of notices: set, sealed, listed, removed; what is sealed of them is opened to be used alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from omnipub.domain.conversation import Secret
from omnipub.domain.mail_address import checked_address, masked
from omnipub.domain.notice_target import NoticeTarget, TargetKind, checked_target, kind_of
from omnipub.domain.sealing import Purpose
from omnipub.domain.secret_urls import normalised, place
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.hints import Action, Hint
from omnipub.ports.mail import MailServer
from omnipub.ports.table import Delete
from omnipub.ports.vault import Vault
from omnipub.services.base import Base
from omnipub.storage import access, keys
from omnipub.storage.items import target_item, target_of
from omnipub.storage.write_ids import put, replacing
from omnipub.strict_json import loads

MOST = 20
"""Targets of one table: each is told of each cause."""

Settings = Mapping[str, str]
"""What is sealed of a target: `url`, or `host`, `port`, `security`, `user`, `password`, `sender` and `recipient`."""


@dataclass(frozen=True, kw_only=True)
class NoticeTargets:
    """Keeps the targets."""

    base: Base
    vault: Vault

    def all(self) -> Sequence[NoticeTarget]:
        """Every target, by its name."""
        return [target_of(item) for item in self.base.table.query(access.notice_targets()).items]

    def find(self, name: str) -> NoticeTarget:
        """One target.

        Raises:
            InvalidInputError: No target can have that name.
            NotFoundError: There is none.
        """
        item = self.base.table.get(keys.notice_target(checked_target(name)))
        if item is None:
            raise NotFoundError(f"Notices have no target '{name}'.", hint=Hint(action=Action.LIST_TARGETS))
        return target_of(item)

    def set_mail(self, name: str, server: MailServer, *, sender: str, recipient: str) -> NoticeTarget:
        """Tell by mail, one recipient a target; what had the name before is replaced.

        Raises:
            InvalidInputError: The name is no mail target's, or an address is none.
        """
        _of_kind(name, TargetKind.MAIL)
        to = checked_address(recipient)
        settings = {
            "host": server.host,
            "port": str(server.port),
            "security": server.security.value,
            "user": server.user,
            "password": server.password.reveal() if server.password else "",
            "sender": checked_address(sender),
            "recipient": to,
        }
        return self._set(name, f"{masked(to)} by {server.host}:{server.port} ({server.security.value})", settings)

    def set_url(self, name: str, url: str, *, in_the_open: bool = False) -> NoticeTarget:
        """Tell a webhook or Slack; what had the name before is replaced.

        Args:
            name: Of the target.
            url: Its address, a secret.
            in_the_open: Whether it may lead to this machine without encryption, as in a sandbox.

        Raises:
            InvalidInputError: The name is a mail target's, or the address is none; it is not quoted.
        """
        if kind_of(checked_target(name)) is TargetKind.MAIL:
            raise InvalidInputError("A mail target has no web address.", hint="Name one like webhook or slack.")
        address = _address(url)
        if urlsplit(address).scheme != "https" and not in_the_open:
            raise InvalidInputError("Notices go over https alone.", hint="Give an address that begins with https://")
        return self._set(name, place(address), {"url": address})

    def remove(self, name: str) -> NoticeTarget:
        """Tell it no more.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.find(name)
        self.base.table.transact([Delete(key=keys.notice_target(name), condition=replacing(found.version))])
        return found

    def opened(self, target: NoticeTarget) -> Settings:
        """Its settings.

        Raises:
            SealBrokenError: They do not open with this key.
            NotFoundError: An import brought the target without them.
        """
        if not target.sealed:
            raise NotFoundError(
                f"The address of {target.name} did not come with the import.",
                hint=Hint(action=Action.SET_TARGET, scope=target.name),
            )
        found = loads(self.vault.open(target.sealed, _purpose(target.name)).reveal())
        return {str(name): str(value) for name, value in found.items()}

    def _set(self, name: str, shown: str, settings: Settings) -> NoticeTarget:
        there = {one.name: one for one in self.all()}
        if name not in there and len(there) >= MOST:
            raise InvalidInputError(f"There are {MOST} targets already, as many as may be.", hint="Remove one first.")
        before = there[name].version if name in there else 0
        target = NoticeTarget(
            name=name,
            shown=shown,
            sealed=self.vault.seal(Secret(json.dumps(settings)), _purpose(name)),
            set_at=self.base.clock.now(),
            version=before + 1,
            write_id=self.base.chance.token(),
        )
        put(self.base.table, target_item(target), replacing(before or None))
        return target


def _address(url: str) -> str:
    """A web address in its one spelling."""
    try:
        return normalised(url)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, hint="Give an address like https://HOST/PATH.") from None


def _of_kind(name: str, kind: TargetKind) -> None:
    if kind_of(checked_target(name)) is not kind:
        raise InvalidInputError(f"This target is told by {kind_of(name)}.", hint=f"Name one like {kind}.")


def _purpose(name: str) -> Purpose:
    return ("", "notify", name, "settings")
