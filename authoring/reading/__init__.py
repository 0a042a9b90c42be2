"""What an author may be told of a definition's text while it is written: it need not parse, nor even be well-formed."""
