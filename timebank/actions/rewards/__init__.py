"""Points for things: the catalogue, its stock, the kiosk and the counter."""
