"""One module a page. Each has `router(board)`, which returns its routes; all are found here.

A module that belongs into the navigation has `NAV` as well.
"""
