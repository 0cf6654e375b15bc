"""Help between neighbours: posts, what two agree on under them, their words about it, the mediator."""
