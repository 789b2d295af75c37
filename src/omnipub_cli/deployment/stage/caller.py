"""Who calls: the short name of an identity, under which the table keeps what it did."""

ROOT = "root"


def short(arn: str) -> str:
    """`user/ada` of `arn:aws:iam::123456789012:user/ada`; of an assumed role, the role and its session.

    The account is left out, as a stage has only one, and so is the path of a user.
    """
    resource = arn.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if not name:
        return ROOT if kind == ROOT else resource
    return f"{kind}/{name.rpartition('/')[2]}" if kind == "user" else resource
