"""Facebook in the sandbox."""
