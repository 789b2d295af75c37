"""Telegram in the sandbox."""
