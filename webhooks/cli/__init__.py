"""The commands of `aptic-webhooks`. What the service does is elsewhere: a command calls it and tells."""
