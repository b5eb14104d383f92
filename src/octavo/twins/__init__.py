"""The same model twice more: in NumPy, by hand, and in JAX.

Each twin is a module with the functions `forward(params, config, ids)` and
`loss_and_gradients(params, config, ids, targets)`, where `params` maps the
names of `Transformer.named_parameters()` to arrays. They are contracts:
`parity` loads the same weights into all of them and compares the logits,
the loss and every gradient.

Read in this order: numpy_layers, numpy_model, numpy_optimizer, jax_model,
jax_optimizer, loading, parity. JAX is an extra (`octavo[jax]`); only the
two modules that are named after it import it.
"""
