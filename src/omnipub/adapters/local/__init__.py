"""Adapters of one machine: SQLite, directories and key files."""
