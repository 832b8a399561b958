"""What the electrons allow: the best that any local observer can do, by the likelihood of simulated counts."""
