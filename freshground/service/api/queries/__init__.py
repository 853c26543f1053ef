"""From a request to a plan, and from what was found to an answer."""
