"""Benchmarks: `make bench` prints a table of ratios, each pair measured in turns in one run."""
