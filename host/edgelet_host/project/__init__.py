"""A person's project: its edgelet.toml, its templates, and the bundle that is made of it."""
