"""The networks as the sandbox plays them, strictly."""
