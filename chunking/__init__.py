"""Documents into chunks: bounded in tokens, aligned with structure, stable under edits."""
