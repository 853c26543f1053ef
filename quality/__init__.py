"""Whether the lake, an index and its answers are good enough to serve."""
