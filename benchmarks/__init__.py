"""How fast the product is, as a ratio to what this machine could do: `make bench`."""
