"""The commands: one file per name in the tree. Heavy imports stand in the commands' bodies."""
