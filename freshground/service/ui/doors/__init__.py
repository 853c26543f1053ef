"""How people are let in at the dashboard of `freshground serve`."""
