"""Pauses: stop everything, a channel, an account or an owner."""
