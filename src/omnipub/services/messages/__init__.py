"""Messages and certifications: create, list, read, edit, and act on their deliveries."""
