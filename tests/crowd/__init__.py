"""Many clients at once, each with requests of its own: no answer, key or body may become another's."""
