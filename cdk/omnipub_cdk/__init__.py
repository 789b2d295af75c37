"""omnipub's stacks for AWS, and the bundles of their functions."""
