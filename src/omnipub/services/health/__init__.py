"""What is wrong with a stage and what to do about it."""
