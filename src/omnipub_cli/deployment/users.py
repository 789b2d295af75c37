"""The users of a stage: Cognito's pool, through boto3. An address is what a person signs in with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnipub.errors import ConflictError, InvalidInputError, NotFoundError
from omnipub_cli.deployment.aws_clients import translated_errors

WHAT = "Cognito"
PAGE = 60
"""Users of one answer, Cognito's own limit."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NEEDS = {
    "RequireLowercase": ("a lower-case letter", r"[a-z]"),
    "RequireUppercase": ("an upper-case letter", r"[A-Z]"),
    "RequireNumbers": ("a digit", r"[0-9]"),
    "RequireSymbols": ("a symbol", r"[^A-Za-z0-9\s]"),
}


@dataclass(frozen=True, kw_only=True)
class User:
    """A user; `id` is what messages name as their owner."""

    id: str
    email: str
    status: str
    enabled: bool
    created_at: datetime
    changed_at: datetime
    groups: Sequence[str] = ()


class UserPool:
    """The users of a pool."""

    def __init__(self, client: Any, pool: str, *, stage: str) -> None:
        self._client = client
        self._pool = pool
        self._stage = stage

    def create(self, email: str, *, password: str | None) -> User:
        """A new user: with a password that stays, or invited by mail with one to be changed.

        Raises:
            InvalidInputError: The password is not as the pool wants it; no user was made.
            ConflictError: There is one with that address.
        """
        silent = {} if password is None else {"MessageAction": "SUPPRESS"}
        invited = {"DesiredDeliveryMediums": ["EMAIL"]} if password is None else {}
        if password is not None:
            self._check(password)
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        with translated_errors(WHAT):
            try:
                made = self._client.admin_create_user(
                    UserPoolId=self._pool, Username=email, UserAttributes=attributes, **silent, **invited
                )["User"]
            except self._client.exceptions.UsernameExistsException as error:
                raise ConflictError(
                    f"There is a user {email} already.",
                    hint=f"See them: omnipub users show {email} --stage {self._stage}",
                ) from error
        if password is not None:
            self._set(email, password)
        return self.show(made["Username"])

    def list(self, *, most: int) -> Sequence[User]:
        """Users, in Cognito's order; without their groups, which take a question each."""
        found: list[User] = []
        token: dict[str, str] = {}
        while len(found) < most:
            with translated_errors(WHAT):
                answer = self._client.list_users(UserPoolId=self._pool, Limit=min(PAGE, most - len(found)), **token)
            found += [_person(one, one.get("Attributes", ())) for one in answer.get("Users", ())]
            if not answer.get("PaginationToken"):
                break
            token = {"PaginationToken": answer["PaginationToken"]}
        return found

    def show(self, name: str) -> User:
        """A user, by address or id, with their groups.

        Raises:
            NotFoundError: There is none.
        """
        with translated_errors(WHAT):
            try:
                answer = self._client.admin_get_user(UserPoolId=self._pool, Username=name)
                groups = self._client.admin_list_groups_for_user(UserPoolId=self._pool, Username=name)["Groups"]
            except self._client.exceptions.UserNotFoundException as error:
                raise NotFoundError(
                    f"There is no user {name}.", hint=f"See who there is: omnipub users list --stage {self._stage}"
                ) from error
        return _person(answer, answer.get("UserAttributes", ()), groups=[one["GroupName"] for one in groups])

    def disable(self, name: str) -> User:
        """Let a user sign in no more, and end what they are signed in to; what they wrote stays."""
        found = self.show(name)
        with translated_errors(WHAT):
            self._client.admin_disable_user(UserPoolId=self._pool, Username=found.id)
            self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=found.id)
        return self.show(found.id)

    def add_to_group(self, name: str, group: str) -> User:
        """Make a user a member of a group."""
        found = self.show(name)
        with translated_errors(WHAT):
            self._client.admin_add_user_to_group(UserPoolId=self._pool, Username=found.id, GroupName=group)
        return self.show(found.id)

    def _check(self, password: str) -> None:
        with translated_errors(WHAT):
            pool = self._client.describe_user_pool(UserPoolId=self._pool)["UserPool"]
        missing = lacking(password, pool.get("Policies", {}).get("PasswordPolicy", {}))
        if missing:
            raise InvalidInputError(
                f"The password lacks {', '.join(missing)}.", hint="Choose another one; no user was made."
            )

    def _set(self, email: str, password: str) -> None:
        try:
            with translated_errors(WHAT):
                self._client.admin_set_user_password(
                    UserPoolId=self._pool, Username=email, Password=password, Permanent=True
                )
        except BaseException:
            # A user whose password nobody knows would take the address: better none.
            with translated_errors(WHAT):
                self._client.admin_delete_user(UserPoolId=self._pool, Username=email)
            raise


def checked_address(text: str) -> str:
    """An address that mail can be sent to, in the way Cognito compares it.

    Raises:
        InvalidInputError: It is none.
    """
    if not _ADDRESS.fullmatch(text.strip()):
        raise InvalidInputError(f"'{text}' is no e-mail address.", hint="Give one like ada@example.com.")
    return text.strip().lower()


def lacking(password: str, policy: dict[str, Any]) -> Sequence[str]:
    """What a pool's policy asks of a password that it has not, in words; pure."""
    least = int(policy.get("MinimumLength", 6))
    short = [f"{least - len(password)} more characters (it wants {least})"] if len(password) < least else []
    return short + [
        words for name, (words, form) in _NEEDS.items() if policy.get(name) and not re.search(form, password)
    ]


def _person(answer: Any, attributes: Any, *, groups: Sequence[str] = ()) -> User:
    known = {one["Name"]: one.get("Value", "") for one in attributes}
    return User(
        id=answer["Username"],
        email=known.get("email", ""),
        status=answer.get("UserStatus", ""),
        enabled=bool(answer.get("Enabled", True)),
        created_at=answer["UserCreateDate"],
        changed_at=answer["UserLastModifiedDate"],
        groups=groups,
    )
