"""Publishing, holding and resuming."""
