"""The networks: what to send to each and how to read its answers. No module here sends, or reads a clock."""
