"""What touches the world: one adapter per port and place, sharing the port's file name."""
