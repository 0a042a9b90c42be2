"""A value in another type: CAST, CONVERT and what T-SQL converts by itself. Arithmetic and dates are elsewhere."""
