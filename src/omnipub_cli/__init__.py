"""The operator's command line: commands over the same services that the handlers run."""
