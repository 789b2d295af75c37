"""What commands print: views, their renderers, progress and JSON schemas."""
