"""The simulator: the services run unchanged over a world that fails in every way it can."""
