"""The tree, its roles, devices and rules, and the work behind the scenes."""
