"""The whole model in NumPy, forwards, and by hand all the way back.

It reads like `model/`, with the same parameters under the same names. A
part returns its output and a `backward`, as the layers do. Here backward
also writes what it finds for the parameters into a dictionary of gradients
and returns only the gradient that flows on, towards the embedding.

Shapes: B batch, T time, D width, H heads, K head width, V vocabulary.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.twins import numpy_layers as layers
from octavo.twins.numpy_layers import Array, Ids, One, Two

Params = dict[str, Array]
Backward = Callable[[Array, Params], Array]
Turn = Callable[[Array], tuple[Array, One]]
DType = np.dtype[np.floating[Any]]


def forward(
    params: Mapping[str, Array], config: ModelConfig, ids: Ids
) -> Array:
    """Map ids (B, T) to logits (B, T, V), in the params' precision."""
    logits, _ = transformer(params, config, ids)
    return logits


def loss_and_gradients(
    params: Mapping[str, Array],
    config: ModelConfig,
    ids: Ids,
    targets: Ids,
) -> tuple[float, Params]:
    """Return the mean loss on targets (B, T), and each param's gradient."""
    logits, backward = transformer(params, config, ids)
    loss, dlogits = layers.cross_entropy(
        logits.reshape(-1, config.vocab_size), targets.reshape(-1)
    )
    found: Params = {}
    backward(dlogits.reshape(logits.shape), found)
    return loss, {name: found[name] for name in params}


def transformer(
    params: Mapping[str, Array], config: ModelConfig, ids: Ids
) -> tuple[Array, Callable[[Array, Params], None]]:
    """Map ids (B, T) to logits (B, T, V), ready to go back."""
    require_plain(config, ids.shape[1])
    x, embed_back = embed(params, config, ids)
    turn = turning(config, ids.shape[1], x.dtype)
    blocks_back: list[Backward] = []
    for index in range(config.num_layers):
        x, block_back = block(params, f"blocks.{index}", config, x, turn)
        blocks_back.append(block_back)
    x, norm_back = norm(params, "norm", config, x)
    head = "embedding" if config.tied_head else "head"
    logits, head_back = linear(params, head, x)

    def backward(dlogits: Array, gradients: Params) -> None:
        """Go through the parts in reverse; a tied table gets two sums."""
        dx = norm_back(head_back(dlogits, gradients), gradients)
        for block_back in reversed(blocks_back):
            dx = block_back(dx, gradients)
        embed_back(dx, gradients)

    return logits, backward


def require_plain(config: ModelConfig, time: int) -> None:
    """Raise UserError for dropout, and for a text beyond the context."""
    if config.dropout:
        raise UserError(
            f"dropout is {config.dropout}, and the twins in NumPy and JAX "
            "have none: set it to 0, or use PyTorch"
        )
    if time > config.context:
        raise UserError(
            f"the text is {time} tokens long and the model's context "
            f"{config.context}: give it fewer"
        )


def embed(
    params: Mapping[str, Array], config: ModelConfig, ids: Ids
) -> tuple[Array, Callable[[Array, Params], None]]:
    """Look ids (B, T) up, (B, T, D); add positions where they are added."""
    time = ids.shape[1]
    x, tokens_back = layers.embedding(ids, params["embedding.weight"])
    learned = config.positions == "learned"
    if learned:
        places = params["position_embedding.weight"]
        x, places_back = layers.shift(x, places[:time])
    elif config.positions == "sinusoidal":
        x = x + sinusoids(time, config.width).astype(x.dtype)

    def backward(dx: Array, gradients: Params) -> None:
        if learned:
            dplaces = np.zeros_like(places)  # none beyond T was read
            _, dplaces[:time] = places_back(dx)
            _add(gradients, "position_embedding.weight", dplaces)
        _add(gradients, "embedding.weight", tokens_back(dx))

    return x, backward


def block(
    params: Mapping[str, Array],
    name: str,
    config: ModelConfig,
    x: Array,
    turn: Turn,
) -> tuple[Array, Backward]:
    """Add attention(norm(x)) to x, and then mlp(norm(x)) to that."""
    mlp = swiglu if config.mlp == "swiglu" else gelu
    normed, norm1_back = norm(params, f"{name}.attention_norm", config, x)
    heard, attention_back = attention(
        params, f"{name}.attention", config, normed, turn
    )
    x = x + heard
    normed, norm2_back = norm(params, f"{name}.mlp_norm", config, x)
    thought, mlp_back = mlp(params, f"{name}.mlp", normed)

    def backward(dx: Array, gradients: Params) -> Array:
        """Give both sides of a sum its gradient: the stream runs free."""
        dx = dx + norm2_back(mlp_back(dx, gradients), gradients)
        return dx + norm1_back(attention_back(dx, gradients), gradients)

    return x + thought, backward


def attention(
    params: Mapping[str, Array],
    name: str,
    config: ModelConfig,
    x: Array,
    turn: Turn,
) -> tuple[Array, Backward]:
    """Let each token of x (B, T, D) gather from those before it."""
    width = config.head_width
    query, query_back = heads(params, f"{name}.query", config, x, turn)
    key, key_back = heads(params, f"{name}.key", config, x, turn)
    flat, value_back = linear(params, f"{name}.value", x)
    mixed, mix_back = layers.causal_attention(
        query, key, split(flat, width)
    )
    y, output_back = linear(params, f"{name}.output", join(mixed))

    def backward(dy: Array, gradients: Params) -> Array:
        """Sum three gradients, for x was read three times."""
        dmixed = split(output_back(dy, gradients), width)
        dquery, dkey, dvalue = mix_back(dmixed)
        dx = query_back(dquery, gradients)
        dx += key_back(dkey, gradients)
        dx += value_back(join(dvalue), gradients)
        return dx

    return y, backward


def heads(
    params: Mapping[str, Array],
    name: str,
    config: ModelConfig,
    x: Array,
    turn: Turn,
) -> tuple[Array, Backward]:
    """Make queries or keys of x: (B, T, D) to (B, H, T, K)."""
    flat, linear_back = linear(params, name, x)
    y = split(flat, config.head_width)
    if config.qk_norm:
        layer = partial(layers.rms_norm, epsilon=config.norm_epsilon)
        y, norm_back = weighted(layer, params, f"{name}_norm", y)
    y, turn_back = turn(y)

    def backward(dy: Array, gradients: Params) -> Array:
        dy = turn_back(dy)
        if config.qk_norm:
            dy = norm_back(dy, gradients)
        return linear_back(join(dy), gradients)

    return y, backward


def swiglu(
    params: Mapping[str, Array], name: str, x: Array
) -> tuple[Array, Backward]:
    """Think about each token: down(silu(gate(x)) up(x))."""
    gate, gate_back = linear(params, f"{name}.gate", x)
    up, up_back = linear(params, f"{name}.up", x)
    opened, swiglu_back = layers.swiglu(gate, up)
    y, down_back = linear(params, f"{name}.down", opened)

    def backward(dy: Array, gradients: Params) -> Array:
        dgate, dup = swiglu_back(down_back(dy, gradients))
        return gate_back(dgate, gradients) + up_back(dup, gradients)

    return y, backward


def gelu(
    params: Mapping[str, Array], name: str, x: Array
) -> tuple[Array, Backward]:
    """Think as GPT-2 does: down(gelu(up(x)))."""
    up, up_back = linear(params, f"{name}.up", x)
    bent, gelu_back = layers.gelu(up)
    y, down_back = linear(params, f"{name}.down", bent)

    def backward(dy: Array, gradients: Params) -> Array:
        return up_back(gelu_back(down_back(dy, gradients)), gradients)

    return y, backward


def linear(
    params: Mapping[str, Array], name: str, x: Array
) -> tuple[Array, Backward]:
    """Multiply by a named matrix, and add its bias if it has one."""
    return weighted(layers.linear, params, name, x)


def norm(
    params: Mapping[str, Array], name: str, config: ModelConfig, x: Array
) -> tuple[Array, Backward]:
    """Normalise each token's vector as the config says."""
    layer = layers.rms_norm if config.norm == "rms" else layers.layer_norm
    layer = partial(layer, epsilon=config.norm_epsilon)
    return weighted(layer, params, name, x)


def weighted(
    layer: Callable[[Array, Array], tuple[Array, Two]],
    params: Mapping[str, Array],
    name: str,
    x: Array,
) -> tuple[Array, Backward]:
    """Apply a layer with its named weight; add its bias if it has one."""
    y, layer_back = layer(x, params[f"{name}.weight"])
    bias = params.get(f"{name}.bias")
    if bias is not None:
        y, bias_back = layers.shift(y, bias)

    def backward(dy: Array, gradients: Params) -> Array:
        """Write the gradients of weight and bias down; return x's."""
        if bias is not None:
            dy, dbias = bias_back(dy)
            _add(gradients, f"{name}.bias", dbias)
        dx, dweight = layer_back(dy)
        _add(gradients, f"{name}.weight", dweight)
        return dx

    return y, backward


def split(x: Array, head_width: int) -> Array:
    """See (B, T, H x K) as (B, H, T, K); nothing is copied."""
    batch, time, _ = x.shape
    return x.reshape(batch, time, -1, head_width).transpose(0, 2, 1, 3)


def join(x: Array) -> Array:
    """Lay (B, H, T, K) out as (B, T, H x K): split's way back."""
    batch, _, time, _ = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, time, -1)


def turning(config: ModelConfig, time: int, dtype: DType) -> Turn:
    """Return what turns queries and keys (B, H, T, K) by their position.

    Where positions are not rotary, they stay as they are.
    """
    if config.positions != "rotary":
        return lambda x: (x, lambda dy: dy)
    turns = angles(time, config.head_width, config.rope_base)
    return partial(
        layers.rotate,
        cosine=np.cos(turns).astype(dtype),
        sine=np.sin(turns).astype(dtype),
    )


def sinusoids(time: int, width: int) -> Array:
    """Return the sine and the cosine of each angle, in turn: (T, D)."""
    turns = angles(time, width, 10_000.0)
    waves = np.stack((np.sin(turns), np.cos(turns)), axis=-1)
    return waves.reshape(time, -1)[:, :width]


def angles(time: int, width: int, base: float) -> Array:
    """Return position t's angle for pair i, t base^(-2i/width): (T, P)."""
    pairs = np.arange(0, width, 2) / width
    return np.outer(np.arange(time), base**-pairs)


def _add(gradients: Params, name: str, found: Array) -> None:
    """Keep a gradient; one found before, in another place, is added."""
    if name in gradients:
        found = gradients[name] + found
    gradients[name] = found
