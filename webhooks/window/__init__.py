"""The operations page: what happens in the service, on the administering port, for those who run it."""
