"""Builds the services on their adapters."""
