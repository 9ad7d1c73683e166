"""Statistics of an epoch, and the monitor that checks them."""
