"""omnipub on one machine: the real handlers, called with the events that AWS would send them."""
