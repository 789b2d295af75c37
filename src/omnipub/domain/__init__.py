"""What omnipub is about, without the world: messages, certifications, deliveries, limits, time."""
