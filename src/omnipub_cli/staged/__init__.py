"""A stage on AWS as commands work on it: who calls, what its stacks say of themselves, and its services."""
