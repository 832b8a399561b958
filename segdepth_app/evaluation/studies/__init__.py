"""Studies: several models, datasets and doses judged together, step by step, so that each can be resumed."""
