"""Adapters to the operating system: clock, threads and logs."""
