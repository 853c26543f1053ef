"""Documents as people see them: each only what its groups, as they are now, let them read."""
