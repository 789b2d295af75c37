"""A notifier that keeps what it is given to tell."""

from dataclasses import dataclass, field

from omnipub.domain.notice import Notice, Phase
from omnipub.ports.notifier import NoticeRefusedError


@dataclass
class FakeNotifier:
    """Targets that take what they are told, or do not."""

    names: tuple[str, ...] = ("mail", "slack")
    taken: list[tuple[str, Notice]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    meanwhile: object = None

    def targets(self) -> tuple[str, ...]:
        return self.names

    def send(self, target: str, notice: Notice) -> str:
        if callable(self.meanwhile):
            self.meanwhile()
        if target in self.broken:
            raise NoticeRefusedError(f"{target} does not take it.")
        self.taken.append((target, notice))
        return "taken"

    def told(self, target: str) -> list[tuple[str, Phase]]:
        return [(one.kind, one.phase) for name, one in self.taken if name == target]
