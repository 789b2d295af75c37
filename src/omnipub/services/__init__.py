"""What omnipub does, one use case per file; the world is touched only through the ports in `ports`."""
