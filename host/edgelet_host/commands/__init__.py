"""The commands of `edgelet`, one module a group: they parse, call and print."""
