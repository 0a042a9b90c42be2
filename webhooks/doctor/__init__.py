"""The checks of `aptic-webhooks doctor`, with its advice. They change nothing."""
