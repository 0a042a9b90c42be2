"""What the web pages of two programs share: the look, the frame, charts, and the guard at the door. No HTTP server."""
