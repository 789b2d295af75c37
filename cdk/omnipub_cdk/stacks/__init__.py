"""The eight stacks, a file each."""
