"""Arithmetic, its types and scales, and the functions of numbers. Aggregates are among the rows."""
