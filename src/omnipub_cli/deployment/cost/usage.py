"""From traffic to units: how much of everything that has a price a month takes. Pure arithmetic over three tables.

What a unit takes stands in `figures`, what there is in `inventory`, and prices in `prices`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType

from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.cost.figures import value
from omnipub_cli.deployment.cost.inventory import NETWORK, OBJECTS, Inventory
from omnipub_cli.deployment.cost.traffic import DAYS, Traffic

HOURS = 730.0
"""Hours of a month, as AWS reckons."""

KB_OF_A_GB = 1_000_000.0
KB_OF_A_REQUEST = 512
"""What the HTTP API counts as one request; a larger body is several."""

FETCHING = frozenset({"facebook", "telegram", "webhook"})
"""Networks that take an image by its address, too; the others want its bytes."""

GUARDED_CALLS = 2
"""Connections of a request to the function and of the function to the table."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Units of one price.

    Attributes:
        price: The price's name.
        of: Whose they are where several things have that price, such as a function.
        measured: Whether CloudWatch counted them; else they are computed.
    """

    price: str
    units: float
    of: str = ""
    measured: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """By which what was measured takes the place of what was computed."""
        return self.price, self.of


Work = tuple[float, float]
"""Runs of a function in a month, and the seconds of all of them together."""


def _api(traffic: Traffic, _inventory: Inventory) -> Work:
    return traffic.requests, traffic.requests * value("seconds.api")


def _worker(traffic: Traffic, inventory: Inventory) -> Work:
    """It reads the stream; without a sender it also waits for the networks."""
    records = traffic.deliveries * value("stream.delivery")
    sending = 0.0 if "sender" in inventory.functions else traffic.messages * value("seconds.sender")
    return records, records * value("seconds.worker") + sending


def _sender(traffic: Traffic, _inventory: Inventory) -> Work:
    waiting = traffic.messages * traffic.scheduled_share * value("seconds.waiting")
    return traffic.messages, traffic.messages * value("seconds.sender") + waiting


def _delay(traffic: Traffic, _inventory: Inventory) -> Work:
    woken = traffic.messages * traffic.scheduled_share
    return woken, woken * value("seconds.delay")


def _scheduler(_traffic: Traffic, inventory: Inventory) -> Work:
    return inventory.ticks, inventory.ticks * value("seconds.scheduler")


def _sandbox(traffic: Traffic, _inventory: Inventory) -> Work:
    return traffic.deliveries, traffic.deliveries * value("seconds.sandbox")


WORK: Mapping[str, Callable[[Traffic, Inventory], Work]] = MappingProxyType(
    {
        "api": _api,
        "worker": _worker,
        "sender": _sender,
        "delay": _delay,
        "scheduler": _scheduler,
        "sandbox": _sandbox,
    }
)
"""Function → what it does. A function that has no row here is refused: somebody has to say what it costs."""


def usage(traffic: Traffic, inventory: Inventory) -> tuple[Part, ...]:
    """All units of a serverless stage in a month.

    Raises:
        ConfigurationError: A function has no row in WORK.
    """
    return (
        *functions(traffic, inventory),
        Part(price="scheduler.calls", units=inventory.ticks),
        Part(price="http.requests", units=_http_requests(traffic)),
        *queues(traffic, inventory),
        *kept(traffic, inventory),
        *edge(traffic, inventory),
        *watched(traffic, inventory),
    )


def functions(traffic: Traffic, inventory: Inventory) -> Iterator[Part]:
    """Runs, and memory held for seconds."""
    unknown = sorted(set(inventory.functions) - set(WORK))
    if unknown:
        raise ConfigurationError(
            f"Nothing says what the function {', '.join(unknown)} does in a month.",
            hint="Add a row to WORK in src/omnipub_cli/deployment/cost/usage.py.",
        )
    price = "lambda.arm" if inventory.architecture == "arm64" else "lambda.x86"
    for name, memory in inventory.functions.items():
        runs, seconds = WORK[name](traffic, inventory)
        yield Part(price="lambda.requests", of=name, units=runs)
        yield Part(price=price, of=name, units=seconds * memory / 1024)


def queues(traffic: Traffic, inventory: Inventory) -> Iterator[Part]:
    """The stream, and the delay queue if there is one."""
    yield Part(price="kinesis.shard", units=inventory.shards * HOURS)
    yield Part(price="kinesis.put", units=traffic.deliveries * value("stream.delivery"))
    delayed = traffic.deliveries * traffic.scheduled_share * value("queue.delivery")
    yield Part(price="sqs.requests", units=inventory.queues * (delayed + value("queue.idle")))


def kept(traffic: Traffic, inventory: Inventory) -> Iterator[Part]:
    """The table, images, keys and secrets."""
    kinds = sum(count * value(f"writes.{kind}") for kind, count in traffic.kinds.items())
    writes = traffic.messages * (value("writes.message") + kinds) + inventory.ticks * value("writes.tick")
    if "sandbox" in inventory.functions:
        writes += traffic.deliveries * value("writes.sandbox")
    reads = (
        traffic.messages * value("reads.message")
        + traffic.deliveries * value("reads.delivery")
        + (traffic.requests - traffic.messages) * value("reads.request")
        + inventory.ticks * value("reads.tick")
    )
    yield Part(price="dynamodb.writes", units=writes)
    yield Part(price="dynamodb.reads", units=reads)
    table = traffic.messages * value("kb.message") + traffic.deliveries * value("kb.delivery")
    expiring = traffic.deliveries * value("kb.expiring")
    indexes = traffic.deliveries * value("kb.indexes") * traffic.month
    items = table * traffic.month + expiring
    yield Part(price="dynamodb.stored", units=(items + indexes) / KB_OF_A_GB)
    if inventory.recovery:
        yield Part(price="dynamodb.recovery", units=items / KB_OF_A_GB)
    months = traffic.month if inventory.media_days is None else min(traffic.month, inventory.media_days / DAYS)
    yield Part(price="s3.stored", units=traffic.messages * traffic.images * traffic.image_kb * months / KB_OF_A_GB)
    epochs = inventory.ticks * value("objects.tick")
    yield Part(price="s3.puts", units=traffic.messages * traffic.images)
    yield Part(price="s3.gets", units=traffic.deliveries * traffic.images + epochs)
    rotations = min(2, (traffic.month - 1) // 12)  # a rotation a year, of which AWS bills two
    yield Part(price="kms.keys", units=inventory.keys * (1 + rotations))
    yield Part(price="kms.calls", units=traffic.deliveries * value("kms.delivery") + value("kms.encryption"))
    yield Part(price="secrets.kept", units=inventory.secrets)
    yield Part(price="secrets.calls", units=value("secrets.calls"))


def edge(traffic: Traffic, inventory: Inventory) -> Iterator[Part]:
    """What stands between users, networks and the stage."""
    pages = traffic.requests * value("pages.request")
    whole = value("kb.page") + value("kb.assets")
    requests = traffic.requests + pages
    fetching = _fetched(traffic) if inventory.images_fetched else 0.0
    out = traffic.requests * value("kb.answer") + pages * whole + fetching
    yield Part(price="cloudfront.requests", units=requests)
    yield Part(price="cloudfront.out", units=out / KB_OF_A_GB)
    yield Part(price="cloudfront.back", units=traffic.messages * traffic.images * traffic.image_kb / KB_OF_A_GB)
    if inventory.firewall_rules:
        yield Part(price="waf.acls", units=1)
        yield Part(price="waf.rules", units=inventory.firewall_rules)
        yield Part(price="waf.requests", units=requests)
    fetched = value("kb.page") if inventory.pages_cached else whole
    yield Part(price="amplify.served", units=pages * fetched / KB_OF_A_GB)
    yield Part(price="amplify.stored", units=whole / KB_OF_A_GB)
    yield Part(price="cognito.users", units=value("users"))
    yield Part(price="transfer.out", units=(sent(traffic) - fetching) / KB_OF_A_GB)
    if inventory.mail:
        yield Part(price="ses.mails", units=0)
    if inventory.text_messages:
        yield Part(price="sms.messages", units=0)


def watched(traffic: Traffic, inventory: Inventory) -> Iterator[Part]:
    """Log lines, figures, alarms and guards."""
    yield Part(price="cloudwatch.alarms", units=inventory.alarms)
    yield Part(price="cloudwatch.figures", units=inventory.figures)
    yield Part(price="cloudwatch.dashboards", units=inventory.dashboards)
    if inventory.triggers:
        yield Part(price="cloudwatch.triggers", units=inventory.triggers)
    lines = (
        traffic.requests * value("kb.request")
        + traffic.deliveries * value("kb.sent")
        + inventory.ticks * value("kb.tick")
    )
    yield Part(price="logs.written", units=lines / KB_OF_A_GB)
    months = min(traffic.month, inventory.log_days / DAYS)
    yield Part(price="logs.stored", units=lines * months * value("kb.compressed") / KB_OF_A_GB)
    yield Part(price="sns.mails", units=value("alarm.mails"))
    if inventory.guardduty is not None:
        yield Part(price="guardduty.calls", units=value("account.calls") + traffic.requests * value("request.calls"))
        if OBJECTS in inventory.guardduty:
            read = traffic.messages * traffic.images + traffic.deliveries * traffic.images
            yield Part(price="guardduty.objects", units=read + inventory.ticks * value("objects.tick"))
        if NETWORK in inventory.guardduty:
            calls = traffic.requests * GUARDED_CALLS + traffic.deliveries * (GUARDED_CALLS + 1)
            yield Part(price="guardduty.network", units=calls * value("kb.network") / KB_OF_A_GB)
    if inventory.config:
        yield Part(price="config.changes", units=value("config.changes"))
    if inventory.security_hub:
        units = len(inventory.functions) / value("hub.functions") + inventory.roles / value("hub.roles")
        yield Part(price="securityhub.units", units=units)


def sent(traffic: Traffic) -> float:
    """KB that leave AWS for the networks in a month."""
    return traffic.deliveries * (value("kb.post") + traffic.images * traffic.image_kb)


def _fetched(traffic: Traffic) -> float:
    """KB of images in a month that networks could fetch by an address."""
    able = sum(channel.partition(":")[0] in FETCHING for channel in traffic.channels)
    return traffic.messages * able * traffic.images * traffic.image_kb


def _http_requests(traffic: Traffic) -> float:
    """A request whose body is larger than 512 KB counts as several."""
    more = max(0, ceil(traffic.image_kb / KB_OF_A_REQUEST) - 1)
    return traffic.requests + traffic.messages * traffic.images * more
