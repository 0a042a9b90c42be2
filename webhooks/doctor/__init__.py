"""What `aptic-webhooks doctor` looks at, and what it advises. It changes nothing."""
