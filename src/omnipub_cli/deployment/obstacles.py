"""Why a stack cannot be changed now, and the command that helps. Pure."""

from omnipub.errors import ConflictError
from omnipub_cli.deployment.ports import Stack
from omnipub_cli.deployment.stack_state import BROKEN


def obstacle(stack: Stack, *, short: str, stage: str, region: str, ours: bool) -> ConflictError | None:
    """Why a stack that is not ready cannot be waited for.

    None if it can: then an earlier run of ours changes it.
    """
    remedy = BROKEN.get(stack.status)
    if remedy:
        typed = remedy.command.format(short=short, name=stack.name, stage=stage, region=region)
        return ConflictError(f"{stack.name} {remedy.sentence} ({stack.status}).", hint=f"Type this first: {typed}")
    if ours:
        return None
    since = f" since {stack.changed_at:%Y-%m-%d %H:%M:%S %Z}" if stack.changed_at else ""
    return ConflictError(
        f"Somebody else is changing {stack.name}: {stack.status}{since}.",
        hint=f"Wait for its end, then type the same again: omnipub status --stage {stage}",
    )
