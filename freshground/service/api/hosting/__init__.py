"""Where the service listens, and by which certificate."""
