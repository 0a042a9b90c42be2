"""Where registrations, events and deliveries are kept: SQLite embedded, or PostgreSQL."""
