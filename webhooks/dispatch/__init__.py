"""Sends what is due: turns, attempts and what comes of them."""
