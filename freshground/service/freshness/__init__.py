"""How old what is served is, what was promised, and when to refresh."""
