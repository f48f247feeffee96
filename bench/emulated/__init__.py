"""The emulated Pico under load: what its processor does meanwhile, and another server on it."""
