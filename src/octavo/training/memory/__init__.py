"""Memory: techniques that let a larger model or batch fit.

Read in this order: precision, saving, checkpointing, chunked,
prediction, limit. The fourth technique, to read a batch in parts, is
`TorchBackend.loss` itself.
"""
