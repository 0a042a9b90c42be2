"""Composes the bodies of events, by their definitions or default ones, and parks what must wait. It sends nothing."""
