"""Memory: techniques that let a larger model or batch fit.

Read in this order: precision.
"""
