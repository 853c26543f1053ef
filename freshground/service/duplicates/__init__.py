"""Near-duplicates in the lake: what is signed, which are alike, and what an index leaves out."""
