"""The domain without any I/O: messages, certifications, deliveries, limits, time."""
