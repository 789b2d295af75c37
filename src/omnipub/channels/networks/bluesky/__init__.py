"""Bluesky: records in the account's own data server."""
