"""The whole model in JAX: pure functions, gradients by `jax.grad`.

The same parameters under the same names, as a dictionary of arrays. There
is no backward to read: JAX follows the functions and derives it, and
compiles both into one program for each config and shape.

Shapes: B batch, T time, D width, H heads, G key-value heads, K head width,
V vocabulary.
"""

import math
from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from octavo.model import ModelConfig
from octavo.twins.numpy_model import require_plain

Params = Mapping[str, Array]


@partial(jax.jit, static_argnames="config")
def forward(params: Params, config: ModelConfig, ids: Array) -> Array:
    """Map ids (B, T) to logits (B, T, V), in the params' precision."""
    require_plain(config, ids.shape[1])
    x = embed(params, config, ids)
    for index in range(config.num_layers):
        x = block(params, f"blocks.{index}", config, x)
    x = norm(params, "norm", config, x)
    head = "embedding" if config.tied_head else "head"
    return linear(params, head, x)


def loss(
    params: Params, config: ModelConfig, ids: Array, targets: Array
) -> Array:
    """Return the mean cross-entropy of logits on targets (B, T)."""
    surprise = -jax.nn.log_softmax(forward(params, config, ids))
    met = jnp.take_along_axis(surprise, targets[..., None], axis=-1)
    return met.mean()


# The mean loss on targets (B, T), and each param's gradient.
loss_and_gradients = jax.jit(
    jax.value_and_grad(loss), static_argnames="config"
)


def embed(params: Params, config: ModelConfig, ids: Array) -> Array:
    """Look ids (B, T) up, (B, T, D); add positions where they are added."""
    x = params["embedding.weight"][ids]
    time = ids.shape[1]
    if config.positions == "learned":
        x = x + params["position_embedding.weight"][:time]
    elif config.positions == "sinusoidal":
        x = x + sinusoids(time, config.width).astype(x.dtype)
    return x


def block(
    params: Params, name: str, config: ModelConfig, x: Array
) -> Array:
    """Add attention(norm(x)) to x, and then mlp(norm(x)) to that."""
    mlp = swiglu if config.mlp == "swiglu" else gelu
    normed = norm(params, f"{name}.attention_norm", config, x)
    x = x + attention(params, f"{name}.attention", config, normed)
    normed = norm(params, f"{name}.mlp_norm", config, x)
    return x + mlp(params, f"{name}.mlp", normed)


def attention(
    params: Params, name: str, config: ModelConfig, x: Array
) -> Array:
    """Let each token of x (B, T, D) gather from those before it."""
    batch, time, _ = x.shape
    query, key, value = (
        linear(params, f"{name}.{part}", x).reshape(
            batch, time, -1, config.head_width
        )
        for part in ("query", "key", "value")
    )  # (B, T, H, K), (B, T, G, K) twice
    if config.qk_norm:
        query, key = (
            rms_norm(y, params[f"{name}.{part}_norm.weight"], config)
            for part, y in (("query", query), ("key", key))
        )
    if config.positions == "rotary":
        query, key = rotate(query, config), rotate(key, config)
    mixed = causal_attention(query, key, value)
    return linear(params, f"{name}.output", mixed.reshape(batch, time, -1))


def causal_attention(query: Array, key: Array, value: Array) -> Array:
    """Mix values by how keys answer queries, none from later tokens.

    query is (B, T, H, K), key and value (B, T, G, K): each key-value head
    serves H / G heads. Returns query's shape.
    """
    batch, time, _, width = query.shape
    query = query.reshape(batch, time, key.shape[2], -1, width)
    scores = jnp.einsum("btghk,bsgk->bghts", query, key) / math.sqrt(width)
    seen = jnp.tril(jnp.ones((time, time), bool))
    weights = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf))
    return jnp.einsum("bghts,bsgk->btghk", weights, value)


def swiglu(params: Params, name: str, x: Array) -> Array:
    """Think about each token: down(silu(gate(x)) up(x))."""
    opened = jax.nn.silu(linear(params, f"{name}.gate", x))
    up = linear(params, f"{name}.up", x)
    return linear(params, f"{name}.down", opened * up)


def gelu(params: Params, name: str, x: Array) -> Array:
    """Think as GPT-2 does: down(gelu(up(x)))."""
    bent = jax.nn.gelu(linear(params, f"{name}.up", x), approximate=True)
    return linear(params, f"{name}.down", bent)


def linear(params: Params, name: str, x: Array) -> Array:
    """Multiply by a named matrix, and add its bias if it has one."""
    return _with_bias(params, name, x @ params[f"{name}.weight"].T)


def norm(params: Params, name: str, config: ModelConfig, x: Array) -> Array:
    """Normalise each token's vector as the config says."""
    layer = rms_norm if config.norm == "rms" else layer_norm
    y = layer(x, params[f"{name}.weight"], config)
    return _with_bias(params, name, y)


def rms_norm(x: Array, weight: Array, config: ModelConfig) -> Array:
    """Divide by the root mean square of the last axis, then scale."""
    square = jnp.mean(x * x, axis=-1, keepdims=True)
    return weight * x * jax.lax.rsqrt(square + config.norm_epsilon)


def layer_norm(x: Array, weight: Array, config: ModelConfig) -> Array:
    """Take the mean away first; the rest is `rms_norm`."""
    centred = x - jnp.mean(x, axis=-1, keepdims=True)
    return rms_norm(centred, weight, config)


def rotate(x: Array, config: ModelConfig) -> Array:
    """Turn each pair (x[i], x[i + K/2]) of x (B, T, H, K) by position."""
    turns = angles(x.shape[1], config.head_width, config.rope_base)
    cosine = jnp.cos(turns).astype(x.dtype)[:, None]  # (T, 1, P)
    sine = jnp.sin(turns).astype(x.dtype)[:, None]
    a, b = jnp.split(x, 2, axis=-1)
    turned = (a * cosine - b * sine, b * cosine + a * sine)
    return jnp.concatenate(turned, axis=-1)


def sinusoids(time: int, width: int) -> Array:
    """Return the sine and the cosine of each angle, in turn: (T, D)."""
    turns = angles(time, width, 10_000.0)
    waves = jnp.stack((jnp.sin(turns), jnp.cos(turns)), axis=-1)
    return waves.reshape(time, -1)[:, :width]


def angles(time: int, width: int, base: float) -> Array:
    """Return position t's angle for pair i, t base^(-2i/width): (T, P)."""
    pairs = jnp.arange(0, width, 2) / width
    return jnp.outer(jnp.arange(time), base**-pairs)


def _with_bias(params: Params, name: str, y: Array) -> Array:
    """Add a named bias, if there is one of the name."""
    bias = params.get(f"{name}.bias")
    return y if bias is None else y + bias
