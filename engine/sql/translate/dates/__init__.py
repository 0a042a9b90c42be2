"""The functions of dates and times, and the clock. Conversions of dates are among the casts."""
