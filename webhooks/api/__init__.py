"""The REST API: requests read, allowed and answered. It sends nothing to receivers, which dispatch does."""
