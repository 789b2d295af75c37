"""omnipub: compose once, publish everywhere, exactly once."""

__version__ = "0.1.0"
