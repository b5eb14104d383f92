"""Examples to fine-tune on, made from the works themselves."""
