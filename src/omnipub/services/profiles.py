"""Profiles of users: written when somebody first signs in, and read when they ask who they are."""

from dataclasses import dataclass, replace

from omnipub.domain.profile import Profile
from omnipub.ports.table import Absent, ConditionFailedError
from omnipub.services.base import Base
from omnipub.storage import keys
from omnipub.storage.items import profile_item, profile_of


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Keeps the profiles."""

    base: Base

    def signed_in(self, owner: str, *, email: str = "", name: str = "") -> Profile:
        """The profile of whoever has signed in: written the first time, and when their token says something new.

        Args:
            owner: Cognito's id of the user; on one machine `local`.
            email: As their token has it, verified; "" if it names none, which takes nothing away.
            name: Likewise.
        """
        there = self._read(owner)
        if there is None:
            made = Profile(since=self.base.clock.now(), email=email, name=name)
            try:
                self.base.table.put(profile_item(owner, made), Absent())
            except ConditionFailedError:  # another request of theirs was faster
                there = self._read(owner) or made
            else:
                return made
        known = replace(there, email=email or there.email, name=name or there.name)
        if known != there:  # two tokens of one user at once say the same, or the next one says it again
            self.base.table.put(profile_item(owner, known))
        return known

    def _read(self, owner: str) -> Profile | None:
        item = self.base.table.get(keys.profile(owner))
        return profile_of(item) if item else None
