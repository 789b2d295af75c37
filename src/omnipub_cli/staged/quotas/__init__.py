"""How near a stage is to the limits that could stop it: what is limited, how it is judged, whence the figures come."""
