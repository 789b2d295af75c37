"""Real classes that stand in for the world in tests: a clock that is set by hand, a network with faults."""
