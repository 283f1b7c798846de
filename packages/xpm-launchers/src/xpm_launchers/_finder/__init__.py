"""Hardware requirements, and the launcher that meets them."""
