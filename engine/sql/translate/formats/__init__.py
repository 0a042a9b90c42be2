"""FORMAT, with the patterns of .NET that give the same on every ledger."""
