"""Crashes: `omnipub up` is killed again and again while the networks misbehave; a sandbox outside of it counts."""
