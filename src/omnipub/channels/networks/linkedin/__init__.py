"""LinkedIn: posts of organisations and people."""
