"""What gives, joins, groups, orders and counts rows: SELECT and its clauses, set operations, aggregates, windows."""
