"""The documents that commands print with --json, as types: a file per subject."""
