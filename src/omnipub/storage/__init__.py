"""The one table: its shape, its keys, its items, and every query of it."""
