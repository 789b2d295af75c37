"""Tell people what needs them."""
