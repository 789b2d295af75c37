"""The Lambda functions: event in, one use case, answer out. The same code runs on one machine."""
