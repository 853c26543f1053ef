"""The lake: Delta tables, content-addressed files and the journal under one root URL.

The only package that writes tables.
"""
