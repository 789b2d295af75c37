"""The one table: its shape, its keys, its items, and the narrow port through which it is used."""
