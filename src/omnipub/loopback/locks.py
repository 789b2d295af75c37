"""Refuses requests that web pages make to servers on this machine, from a request's head alone.

`Host` must name the loopback address, or a page could rebind its own name onto us. `Origin`, where there is one, must
be ours. And a browser must not say that the request comes from another site.
"""

from dataclasses import dataclass

from omnipub.loopback.exchange import Head, Reply, problem

NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Locks:
    """The locks of a server on `port`."""

    port: int

    def refusal(self, head: Head) -> Reply | None:
        """The answer to a request that must not come in; None lets it in."""
        hosts = {f"{name}:{self.port}" for name in NAMES}
        if head.headers.get("host", "").lower() not in hosts:
            return problem(421, "Wrong host", f"This server answers as http://{NAMES[0]}:{self.port} only.")
        origin = head.headers.get("origin")
        foreign = origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}
        if foreign or head.headers.get("sec-fetch-site", "").lower() in {"cross-site", "same-site"}:
            return problem(403, "Wrong origin", "Web pages of other origins cannot use this server.")
        return None
