"""Helpers of several command groups."""
