"""The composition root: stages, the command line, queries. The only layer that knows all others."""
