"""Invented messages, for tests at scale and for trying omnipub out."""
