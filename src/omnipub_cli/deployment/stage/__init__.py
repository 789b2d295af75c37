"""A stage on AWS: who calls, what its stacks say, and its services."""
