"""Import and export of many messages as rows."""
