"""What omnipub does, one use case per file; all I/O goes through the ports in `ports`."""
