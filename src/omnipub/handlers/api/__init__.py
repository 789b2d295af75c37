"""Lambda `api`: the HTTP API under /api/v1."""
