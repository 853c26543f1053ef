"""What may not wait: take-downs and narrowed access, laid over every release."""
