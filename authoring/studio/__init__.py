"""The studio: pages for those who write definitions. It reads files and a ledger, and writes nothing."""
