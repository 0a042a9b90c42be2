"""The commands of the author's tools, beside those of the engine: `aptic-definitions` has both."""
