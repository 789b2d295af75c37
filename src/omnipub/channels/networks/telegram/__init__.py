"""Telegram: messages of a bot in channels and groups."""
