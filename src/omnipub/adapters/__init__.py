"""Adapters: all I/O, one adapter per port and place, with the port's file name."""
