"""What the commands of both programs stand on: options, the console, lists. It knows no command."""
