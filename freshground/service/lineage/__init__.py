"""Where an answer comes from, and what a source reached."""
