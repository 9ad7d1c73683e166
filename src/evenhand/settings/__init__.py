"""All sections of the configuration, joined and checked together."""
