"""Tell people by a topic: who has subscribed to it is told, by mail or however they chose."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.domain.notice import Notice
from omnipub.ports.notifier import NoticeRefusedError
from omnipub.services.notify.notice_text import text_of, title_of

TOPIC = "topic"
"""The name of the one target."""

SUBJECT_AT_MOST = 99
"""Characters of a subject; SNS takes ASCII alone, and no line break."""


class SnsNotifier:
    """Fills the port `Notifier` over one topic.

    Args:
        clients: Of this process.
        topic: The topic's ARN; "" if the stage has none, and nobody is told.
    """

    def __init__(self, clients: Clients, topic: str) -> None:
        self._clients = clients
        self._topic = topic

    def targets(self) -> Sequence[str]:
        """The topic, if there is one."""
        return (TOPIC,) if self._topic else ()

    def send(self, target: str, notice: Notice) -> str:
        """Publish to the topic; the id under which SNS took it."""
        if target not in self.targets():
            raise NoticeRefusedError(f"This stage tells by its topic alone, not by {target}.")
        subject = title_of(notice).encode("ascii", "replace").decode("ascii")[:SUBJECT_AT_MOST]
        try:
            with translated("SNS"):
                answer = self._clients.of("sns").publish(TopicArn=self._topic, Subject=subject, Message=text_of(notice))
        except ClientError as error:
            raise NoticeRefusedError(f"SNS refuses the notice ({code_of(error)}).") from error
        return f"SNS message {answer['MessageId']}"
