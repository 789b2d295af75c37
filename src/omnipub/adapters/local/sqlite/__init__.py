"""The table, the stream and the delay queue of one machine, in SQLite files."""
