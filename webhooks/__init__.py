"""The webhook service: its REST API, its queue of events, and the store behind both."""
