"""Keys, tokens, credentials, the throttle for bad credentials, and redaction. The API decides who may do what."""
