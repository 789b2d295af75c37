"""Bluesky in the sandbox."""
