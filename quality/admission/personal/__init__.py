"""Personal data: what has a form that can be checked, and names, which need a model."""
