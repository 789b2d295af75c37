"""How near a stage is to the limits of AWS that could stop it."""
