"""The sandbox: a server of its own that speaks the networks' wire formats and counts what it accepted.

Rules of this module:
1. It shares no code with omnipub. A mistake made on both sides would cancel out and hide.
2. A request that the real network would refuse is refused here, in that network's own words and shapes.
3. Its ledger is on disk and has the last word on how often something was published.
"""
