"""Keys, tokens, credentials, the throttle for bad ones, redaction. Who may do what is said in the API."""
