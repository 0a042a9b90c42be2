"""One running process: its loop, its listening sockets, its parts wired together, its end. No rule of the service."""
