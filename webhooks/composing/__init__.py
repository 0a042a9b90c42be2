"""Composes the bodies of events: by their definitions, or default ones."""
