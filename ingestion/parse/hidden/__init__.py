"""What documents hold and their readers do not see: found by structure, one module a format.

Every module takes the hidden text out before the blocks are made, so that it is never part of a
document's text, and hands it over as `Hidden` for admission to look at.
"""
