"""Generated pairs: small ones for tests, and the demo."""
