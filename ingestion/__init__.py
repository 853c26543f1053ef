"""From sources to silver: listing, bronze, parsing and cleansing."""
