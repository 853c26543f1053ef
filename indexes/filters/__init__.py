"""OData `$filter`: parse, render as SQL, evaluate in Python."""
