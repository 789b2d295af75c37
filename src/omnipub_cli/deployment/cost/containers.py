"""What the same traffic costs on containers: a design, until there are templates to count in.

The table, the stream, images, sign-in, the guards and the pages stay as they are. Fargate tasks behind a load balancer
take the place of functions, gateway, schedule and delay queue.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType

from omnipub.errors import InvalidInputError
from omnipub_cli.deployment.cost.figures import value
from omnipub_cli.deployment.cost.inventory import Inventory
from omnipub_cli.deployment.cost.traffic import DAYS, Traffic
from omnipub_cli.deployment.cost.usage import HOURS, KB_OF_A_GB, Part, sent, usage

_SECONDS_OF_A_MONTH = DAYS * 86_400

REPLACED = ("lambda.", "http.", "scheduler.", "sqs.", "cloudwatch.triggers", "guardduty.network")
"""Beginnings of the prices that containers do not pay."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service of Fargate.

    Attributes:
        cpus: Of a task.
        gigabytes: Likewise.
        tasks: How many run at least.
    """

    cpus: float
    gigabytes: float
    tasks: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the containers are laid out.

    Attributes:
        what: In a sentence, for people.
        zones: Availability zones of the load balancer, which has a public address in each.
        gateways: NAT gateways; without one each task has a public address of its own.
    """

    what: str
    services: Mapping[str, Service]
    zones: int = 2
    gateways: int = 0


def _services(*, api: int, worker: int) -> Mapping[str, Service]:
    return MappingProxyType(
        {
            "api": Service(cpus=0.5, gigabytes=1, tasks=api),
            "worker": Service(cpus=0.5, gigabytes=1, tasks=worker),
            "scheduler": Service(cpus=0.25, gigabytes=0.5, tasks=1),
        }
    )


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "lean": Layout(
            what="One task of each service, with public addresses; an hour without one of them may pass.",
            services=_services(api=1, worker=1),
        ),
        "standard": Layout(
            what="Two tasks of the API, one NAT gateway; without its zone nothing goes out.",
            services=_services(api=2, worker=1),
            gateways=1,
        ),
        "available": Layout(
            what="Two tasks of API and worker, a NAT gateway in each of two zones; either zone may fail.",
            services=_services(api=2, worker=2),
            gateways=2,
        ),
    }
)
"""Name → layout."""

DEFAULT_LAYOUT = "available"
"""What the seed's range for containers holds for, and what functions give by themselves."""


def layout(name: str) -> Layout:
    """The layout of that name.

    Raises:
        InvalidInputError: There is none.
    """
    if name not in LAYOUTS:
        raise InvalidInputError(f"There is no layout '{name}'.", hint=f"There are: {', '.join(LAYOUTS)}.")
    return LAYOUTS[name]


def container_usage(traffic: Traffic, inventory: Inventory, laid_out: Layout) -> Sequence[Part]:
    """All units of a month on containers."""
    shared = [part for part in usage(traffic, inventory) if not part.price.startswith(REPLACED)]
    return [*shared, *_instead(traffic, laid_out)]


def tasks(traffic: Traffic, laid_out: Layout) -> Mapping[str, int]:
    """Service → how many tasks run: those of the layout, and as many workers as the busiest minutes need."""
    at_once = traffic.deliveries / _SECONDS_OF_A_MONTH * value("tasks.peak") * value("seconds.sender")
    needed = {"worker": ceil(at_once / value("tasks.threads"))}
    return {name: max(one.tasks, needed.get(name, 0)) for name, one in laid_out.services.items()}


def _instead(traffic: Traffic, laid_out: Layout) -> Iterator[Part]:
    running = tasks(traffic, laid_out)
    for name, count in running.items():
        service = laid_out.services[name]
        yield Part(price="fargate.cpu", of=name, units=count * service.cpus * HOURS)
        yield Part(price="fargate.memory", of=name, units=count * service.gigabytes * HOURS)
    yield Part(price="alb.hours", units=HOURS)
    yield Part(price="alb.units", units=value("alb.units") * HOURS)
    addresses = laid_out.zones + laid_out.gateways
    if laid_out.gateways:
        yield Part(price="nat.hours", units=laid_out.gateways * HOURS)
        yield Part(price="nat.data", units=sent(traffic) / KB_OF_A_GB)
    else:
        addresses += sum(running.values())
    yield Part(price="ipv4.hours", units=addresses * HOURS)
    yield Part(price="dynamodb.writes", of="lease", units=value("tasks.lease"))
    yield Part(price="ecr.stored", units=value("tasks.image_gb"))
