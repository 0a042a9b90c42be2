"""Strings: what they compare by, LIKE, and the functions that give or take them. STRING_AGG is among the rows."""
