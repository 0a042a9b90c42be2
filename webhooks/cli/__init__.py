"""The commands of `aptic-webhooks`. A command calls the service's other modules, and shows what comes of it."""
