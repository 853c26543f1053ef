"""Turns the manuscripts into the binary formats of the sample handbook."""
