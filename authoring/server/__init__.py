"""The language server: what an editor asks about definitions, over the Language Server Protocol on standard input."""
