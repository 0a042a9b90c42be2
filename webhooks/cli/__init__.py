"""The command `aptic-webhooks`."""
