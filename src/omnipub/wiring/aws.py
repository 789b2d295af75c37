"""Builds the services on AWS' adapters; imported only where a stage is on AWS."""

from functools import partial
from typing import TYPE_CHECKING

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.aws.kinesis import KinesisStream
from omnipub.adapters.aws.kms_vault import KmsVault
from omnipub.adapters.aws.lambda_hand_over import LambdaHandOver
from omnipub.adapters.aws.place import AwsPlace
from omnipub.adapters.aws.s3_media import S3Media
from omnipub.adapters.aws.sns_notifier import SnsNotifier
from omnipub.adapters.aws.sqs_delay import SqsDelay
from omnipub.adapters.system.clock import SystemChance, SystemClock
from omnipub.adapters.system.journal import LogJournal
from omnipub.adapters.system.log_output import logger_for
from omnipub.adapters.system.threads import BoundedThreadPool
from omnipub.config import Mode, Settings
from omnipub.errors import ConfigurationError, UnavailableError
from omnipub.log_events import LogEvent
from omnipub.ports.table import ConditionFailedError
from omnipub.storage import keys
from omnipub.wiring.assemble import System, assemble, sender
from omnipub.wiring.world import World

if TYPE_CHECKING:
    from omnipub.ports.http import HttpSender
    from omnipub.ports.journal import Journal
    from omnipub.services.stream.replay import Replay


def on_aws(settings: Settings, clients: Clients | None = None, *, journal: "Journal | None" = None) -> System:
    """The system over DynamoDB, Kinesis, SQS, KMS and S3; nothing is asked of them yet.

    Args:
        settings: Of the stage.
        clients: Of this process; else new ones.
        journal: What is told what happens; else log lines.

    Raises:
        ConfigurationError: The settings are those of one machine.
    """
    if not settings.on_aws:
        raise ConfigurationError("These settings name nothing on AWS.", hint="Set OMNIPUB_TABLE and its companions.")
    clients = clients or Clients()
    journal = journal or LogJournal(partial(logger_for, settings))
    clock = SystemClock()
    return assemble(
        settings,
        World(
            table=DynamoTable(clients, settings.table),
            stream=KinesisStream(clients, settings.stream, journal),
            delay=SqsDelay(clients, settings.queue, lead=settings.lead, clock=clock, journal=journal),
            vault=KmsVault(clients, settings.key),
            media=S3Media(clients, settings.bucket),
            send=_sender(settings, clients),
            clock=clock,
            chance=SystemChance(),
            threads=BoundedThreadPool(),
            place=AwsPlace(clients, table=settings.table, bucket=settings.bucket),
            journal=journal,
            hand_over=LambdaHandOver(clients, settings.sender, journal) if settings.sender else None,
            notifier=SnsNotifier(clients, settings.topic),
        ),
    )


def _sender(settings: Settings, clients: Clients) -> "HttpSender":
    """What sends: to the networks, or to the stage's own sandbox."""
    if settings.mode is Mode.SANDBOX and settings.sandbox_function:
        from omnipub.adapters.aws.sandbox_client import SandboxClient

        return SandboxClient(clients, settings.sandbox_function)
    return sender(settings)


def settle(system: System) -> None:
    """Give a table without a gate the identity of its place.

    From then on copies of it are recognised.

    A gate that is there stays as it is: whether it is open is asked before each dispatch and claim.
    """
    try:
        if system.world.table.get(keys.gate()) is None:
            system.gate.enter()
    except ConditionFailedError:
        return  # another function of this stage was first
    except UnavailableError as error:
        system.world.journal.note(LogEvent.GATE_NOT_SETTLED, error=error.message)  # a later start does it


def replay_on_aws(system: System, clients: Clients, *, worker: str, parked: str) -> "Replay":
    """What reads and replays the stream of a stage on AWS.

    Args:
        system: That stage's.
        clients: Of this process.
        worker: Name of the worker's function.
        parked: Name of the bucket in which its trigger leaves what it gave up on.
    """
    from omnipub.adapters.aws.kinesis_reader import KinesisReader
    from omnipub.adapters.aws.s3_parked import S3Parked
    from omnipub.services.stream.replay import Replay

    return Replay(
        base=system.base,
        stream=system.world.stream,
        reader=KinesisReader(clients, system.settings.stream, worker=worker),
        parked=S3Parked(clients, parked),
        gate=system.gate,
    )
