"""What happens at a moment: the tick's dispatch, releases and sweeps."""
