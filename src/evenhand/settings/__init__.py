"""All sections of the configuration, joined, merged and checked together."""
