"""Where registrations, events and deliveries are kept, on SQLite or PostgreSQL. Leases of jobs are in queue."""
