"""The life of a delivery: its state machine and every decision about it. Pure."""
