"""LinkedIn in the sandbox."""
