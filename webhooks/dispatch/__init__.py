"""Gives deliveries their turns and records what came of each attempt. The request itself is made in sending."""
