"""Web pages: what of a page is its content, and what is the site around it."""
