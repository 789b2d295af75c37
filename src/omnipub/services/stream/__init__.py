"""The stream's records: read, replay, and their format."""
