"""One request to a receiver, and what became of it."""
