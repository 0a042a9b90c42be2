"""Composes webhook bodies from service definitions."""
