"""HTTP to the networks: one client, with a guard against requests to internal addresses."""
