"""What an author's tools are made of: the language server. It stands over the engine, which knows nothing of it."""
