"""Questions to a release: which one, through which door, with what freshness."""
