"""Conditions of the code taken out one at a time: some test must notice each."""
