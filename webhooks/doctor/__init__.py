"""What `aptic-webhooks doctor` looks at."""
