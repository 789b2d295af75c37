"""The table as a whole: its gate, adoption, verification, export and import."""
