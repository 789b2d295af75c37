"""The networks: what to send to each and how to read its answers. Nothing in this room sends, or reads a clock."""
