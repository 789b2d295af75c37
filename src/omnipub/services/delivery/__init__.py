"""Deliver: claim, send, conclude, and find out about missing answers."""
