"""The networks as users see them: their limits and what omnipub can announce."""
