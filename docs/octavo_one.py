"""Octavo in one file: a text goes in, a language model comes out.

    python octavo_one.py TEXTFILE

learns a vocabulary from the text, trains a transformer of Qwen3's shape on
nine tenths of it, says how well that foretells the last tenth, and lets it
write. It needs torch and numpy. `octavo book one-file` put it together from
the library's own definitions, and tests hold its numbers to the library's.

Shapes stand in the signatures: Float[Tensor, "B T D"] has three dimensions.
B batch, T time, S time of the keys, H heads, K head width, P pairs of
numbers in a head, D width, V vocabulary; *B is any dimensions before.
"""

import math
import re
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

# Python sees a Tensor, and leaves its shape to readers.
Bool = Float = Int = Annotated


# --------------------------------------------------------------------------
# Tokens: a text becomes numbers, and numbers become a text again.
#
# Byte-pair encoding starts from single bytes, makes one token of the two
# that most often stand side by side, and counts again. These merges, in
# their order, are the whole tokenizer (Sennrich et al. 2016).


Pair = tuple[bytes, bytes]

# Where a text is cut, so that no merge crosses a cut: into words with one
# sign before them, digits, rows of signs, and rows of white space.
PIECE = re.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|(?:[^\r\n\w]|_)?[^\W\d_]+|\d"
    r"| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
Word = tuple[bytes, ...]  # a pre-token, cut into tokens


def single_bytes(piece: str) -> Word:
    """Return a piece of text as its bytes, each a token of its own."""
    return tuple(bytes([byte]) for byte in piece.encode())


def merge(word: Sequence[bytes], pair: tuple[bytes, bytes]) -> Word:
    """Join each occurrence of a pair in a word, from left to right.

    >>> merge((b"a", b"a", b"a", b"b"), (b"a", b"a"))
    (b'aa', b'a', b'b')
    """
    merged: list[bytes] = []
    for token in word:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return tuple(merged)


def train_bpe(text: str, num_merges: int) -> list[Pair]:
    """Learn merges from a text: its most frequent pair, again and again.

    Among equals the greater pair wins, compared as bytes. Only words in
    which a merge was made are counted again.
    """
    pieces = Counter(PIECE.findall(text))
    words, times = list(map(single_bytes, pieces)), list(pieces.values())
    counts: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)

    def tally(place: int, sign: int) -> None:
        for pair in pairwise(words[place]):
            counts[pair] += sign * times[place]
            places[pair].add(place)

    for place in range(len(words)):
        tally(place, +1)
    merges: list[Pair] = []
    while len(merges) < num_merges and any(counts.values()):
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(best)
        for place in places.pop(best):
            tally(place, -1)
            words[place] = merge(words[place], best)
            tally(place, +1)
    return merges


class Tokenizer:
    """A vocabulary: 256 bytes, then what each merge makes, in order."""

    def __init__(self, merges: list[Pair]) -> None:
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.tokens += [left + right for left, right in merges]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.seen: dict[str, list[int]] = {}  # pieces, and their ids

    def encode(self, text: str) -> list[int]:
        """Return a text's token ids; each distinct piece is cut once."""
        ids: list[int] = []
        for piece in PIECE.findall(text):
            if piece not in self.seen:
                self.seen[piece] = self.encode_piece(piece)
            ids += self.seen[piece]
        return ids

    def encode_piece(self, piece: str) -> list[int]:
        """Make the merge that was learned first, until there is none."""
        word = single_bytes(piece)
        while pairs := set(pairwise(word)) & self.ranks.keys():
            word = merge(word, min(pairs, key=self.ranks.__getitem__))
        return [self.ids[token] for token in word]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids; bytes that are no text become U+FFFD."""
        tokens = b"".join(self.tokens[number] for number in ids)
        return tokens.decode(errors="replace")


# --------------------------------------------------------------------------
# The model: ids in, a score for every possible next token out.
#
# A transformer that only looks back, of Qwen3's shape: normalisation before
# each part (RMSNorm), positions as rotations, queries and keys normalised,
# a gated network (SwiGLU), no biases, and the embedding as the output head.


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that decides a model's shape and arithmetic."""

    vocab_size: int
    context: int = 128  # tokens that it can look back on
    num_layers: int = 4
    width: int = 128  # of the stream that runs through all layers
    num_heads: int = 2
    head_width: int = 64
    mlp_width: int = 384


class RMSNorm(nn.Module):
    """Divide by the root mean square; scale (Zhang and Sennrich 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Normalise the last dimension."""
        mean_square = x.square().mean(dim=-1, keepdim=True)
        return x * (mean_square + 1e-6).rsqrt() * self.weight


class Cache:
    """The keys and values that one layer has seen, to be used again."""

    keys: Float[Tensor, "B H S K"]
    values: Float[Tensor, "B H S K"]
    length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store what follows; return all keys and values up to there."""
        if self.length:
            keys = torch.cat((self.keys, keys), dim=2)
            values = torch.cat((self.values, values), dim=2)
        self.keys, self.values, self.length = keys, values, keys.shape[2]
        return keys, values


Rotation = tuple[Float[Tensor, "T P"], Float[Tensor, "T P"]]


def rotate(
    x: Float[Tensor, "*B T K"],
    cosine: Float[Tensor, "T P"],
    sine: Float[Tensor, "T P"],
) -> Float[Tensor, "*B T K"]:
    """Turn each pair (x[i], x[i + K/2]) by its position's angle.

    The dot product of a turned query and a turned key depends on how far
    apart they stand, and not on where. Pairing the two halves, rather than
    neighbours, is what Llama and Qwen do.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat(
        (
            first * cosine - second * sine,
            second * cosine + first * sine,
        ),
        dim=-1,
    )


def causal_mask(num_queries: int, num_keys: int) -> Bool[Tensor, "T S"]:
    """Return (T, S) booleans: a query sees itself and what came before.

    The queries are the last of the keys, so the lower right corner is
    always true.

    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    everything = torch.ones(num_queries, num_keys, dtype=torch.bool)
    return everything.tril(num_keys - num_queries)


def scaled_dot_product_attention(
    query: Float[Tensor, "*B T K"],
    key: Float[Tensor, "*B S K"],
    value: Float[Tensor, "*B S V"],
    mask: Bool[Tensor, "T S"] | None = None,
) -> Float[Tensor, "*B T V"]:
    """Mix values by how well their keys answer each query.

    query is (..., T, K), key and value (..., S, K), mask (T, S) is true
    where a query may look; returns (..., T, K). Vaswani et al. 2017,
    equation 1. Torch's fused kernel equals it, without the big matrix.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1)
    return weights @ value


class Attention(nn.Module):
    """Multi-head causal self-attention."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.head_width = config.head_width
        inside = config.num_heads * config.head_width
        self.query = nn.Linear(config.width, inside, bias=False)
        self.key = nn.Linear(config.width, inside, bias=False)
        self.value = nn.Linear(config.width, inside, bias=False)
        self.output = nn.Linear(inside, config.width, bias=False)
        # Normalised, no query can shout: scores stay bounded and the
        # learning rate can be high (Henry et al. 2020).
        self.query_norm = RMSNorm(config.head_width)
        self.key_norm = RMSNorm(config.head_width)

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: Cache
    ) -> Float[Tensor, "B T D"]:
        """Let each token look at itself, those before, and the cache."""
        query, key, value = (
            part(x).unflatten(2, (-1, self.head_width)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )  # (B, H, T, K) each
        query = rotate(self.query_norm(query), *rotation)
        key = rotate(self.key_norm(key), *rotation)
        key, value = cache.extend(key, value)
        mask = causal_mask(query.shape[2], key.shape[2]).to(x.device)
        mixed = scaled_dot_product_attention(query, key, value, mask)
        return self.output(mixed.transpose(1, 2).flatten(2))


class SwiGLU(nn.Module):
    """The network of a block: one side is a gate (Shazeer 2020, eq. 6)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.mlp_width, bias=False)
        self.up = nn.Linear(config.width, config.mlp_width, bias=False)
        self.down = nn.Linear(config.mlp_width, config.width, bias=False)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Think about each token by itself."""
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    """One layer: tokens exchange, then each thinks; both add to x."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width)
        self.attention = Attention(config)
        self.mlp_norm = RMSNorm(config.width)
        self.mlp = SwiGLU(config)

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: Cache
    ) -> Float[Tensor, "B T D"]:
        """Add what attention gathers, then what the network makes of it."""
        x = x + self.attention(self.attention_norm(x), rotation, cache)
        return x + self.mlp(self.mlp_norm(x))


def rotary_angles(
    context: int, head_width: int, base: float
) -> Float[Tensor, "T P"]:
    """Return the angle of each position and pair, (T, K/2), in radians.

    Pair i turns by base^(-2i/K) a step: the first pairs are fast hands of
    a clock, the last ones slow.
    """
    pairs = torch.arange(0, head_width, 2, dtype=torch.float32)
    speeds = base ** -(pairs / head_width)
    return torch.outer(torch.arange(context, dtype=torch.float32), speeds)


class Transformer(nn.Module):
    """A decoder-only transformer, from embedding to output head."""

    angles: Float[Tensor, "T P"]  # of all positions in the context

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        angles = rotary_angles(config.context, config.head_width, 1e4)
        self.register_buffer("angles", angles, persistent=False)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.num_layers)
        )
        self.norm = RMSNorm(config.width)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        # What a token means when read is what it means when written
        # (Press and Wolf 2017).
        self.head.weight = self.embedding.weight
        self.initialise()

    def initialise(self) -> None:
        """Draw all matrices afresh; norms begin at one.

        A deviation of 1/sqrt(inputs) keeps a signal's size. What adds to
        the stream begins smaller, so that depth does not make it louder
        (Radford et al. 2019), and the embedding as if all were a guess.
        """
        depth = math.sqrt(2 * self.config.num_layers)
        for name, matrix in self.named_parameters():
            if matrix.dim() == 2:
                deviation = matrix.shape[1] ** -0.5
                if "embedding" in name:
                    deviation = 0.02
                if name.endswith(("output.weight", "down.weight")):
                    deviation /= depth
                nn.init.normal_(matrix, std=deviation)

    def forward(
        self, ids: Int[Tensor, "B T"], cache: list[Cache] | None = None
    ) -> Float[Tensor, "B T V"]:
        """Score every token of the vocabulary as the next, at each place.

        With a cache, `ids` are the tokens that follow those already in it.
        """
        cache = cache or [Cache() for _ in self.blocks]
        start = cache[0].length
        angles = self.angles[start : start + ids.shape[1]]
        rotation = angles.cos(), angles.sin()
        x = self.embedding(ids)
        for block, layer in zip(self.blocks, cache, strict=True):
            x = block(x, rotation, layer)
        return self.head(self.norm(x))

    def loss(
        self, ids: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]
    ) -> Float[Tensor, ""]:
        """Return how surprising the targets are: nats per token."""
        logits = self(ids).flatten(0, 1)
        return functional.cross_entropy(logits, targets.flatten())


# --------------------------------------------------------------------------
# Two optimizers, each of which moves one parameter by its gradient.
#
# Adam gives every number its own step. Muon sees a matrix as what it is,
# a map, and makes all of its directions learn at the same rate.


# Coefficients of the odd polynomial that pushes singular values towards
# one (Jordan et al. 2024). Five rounds are usual, and bring the small ones
# near it too; three measured as good here (LOG.md), in less time.
QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDS = 3


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring the singular values of a matrix close to one.

    Newton-Schulz iteration: X <- aX + b(XX')X + c(XX')^2 X, needing only
    products, which is what processors are best at.
    """
    a, b, c = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix / (matrix.norm() + 1e-7)
    x = x.mT if tall else x  # the smaller square is cheaper
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon:
    """Momentum, orthogonalised (Jordan et al. 2024)."""

    def __init__(self, x: Tensor, rate: float, momentum: float) -> None:
        self.x, self.rate, self.momentum = x, rate, momentum
        self.average = torch.zeros_like(x)

    @torch.no_grad()
    def step(self, gradient: Tensor, share: float) -> None:
        """Move a matrix; `share` scales the learning rate."""
        self.average.lerp_(gradient, 1 - self.momentum)
        # Nesterov: look where the momentum is about to go.
        ahead = gradient.lerp(self.average, self.momentum)
        # One learning rate serves all shapes.
        slope = max(1.0, self.x.shape[0] / self.x.shape[1]) ** 0.5
        self.x -= self.rate * share * slope * orthogonalise(ahead)


class Adam:
    """Running means of a gradient and of its square (Kingma, Ba 2015)."""

    beta1, beta2, epsilon = 0.9, 0.95, 1e-10

    def __init__(self, x: Tensor, rate: float) -> None:
        self.x, self.rate, self.steps = x, rate, 0
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)

    @torch.no_grad()
    def step(self, gradient: Tensor, share: float) -> None:
        """Move a parameter; `share` scales the learning rate."""
        self.steps += 1
        self.mean.lerp_(gradient, 1 - self.beta1)
        self.square.lerp_(gradient.square(), 1 - self.beta2)
        # Both begin at zero: after t steps they hold 1 - beta^t of all.
        mean = self.mean / (1 - self.beta1**self.steps)
        square = self.square / (1 - self.beta2**self.steps)
        self.x -= self.rate * share * mean / (square.sqrt() + self.epsilon)


# --------------------------------------------------------------------------
# Training: predict each next token, be corrected, move; over and over.


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model learns from its tokens."""

    num_steps: int = 500
    batch_size: int = 16  # windows of the model's context
    seed: int = 0
    matrix_learning_rate: float = 0.02
    other_learning_rate: float = 0.01
    momentum: float = 0.9
    warmup_steps: int = 10
    decay_share: float = 0.4  # of the steps: over the last, rates fall

    def learning_rate_share(self, step: int) -> float:
        """Return the share of the full learning rate at a step."""
        rising = (step + 1) / self.warmup_steps
        falling = (self.num_steps - step) / self.num_steps
        return min(1.0, rising, falling / self.decay_share)


def window_starts(size: int, context: int, seed: int) -> Iterator[int]:
    """Yield where in a text to cut windows that do not overlap, for ever.

    Every pass starts its cuts at another offset and takes the windows in
    another order: each token is read once a pass, in new company.
    """
    for turn in count():
        random = np.random.default_rng([seed, turn])
        offset = random.integers(context)
        for place in random.permutation((size - context) // context):
            yield int(offset + place * context)


def batches(
    ids: Int[Tensor, " N"], context: int, batch_size: int, seed: int
) -> Iterator[tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]]]:
    """Yield inputs and, one token on, targets, for ever."""
    starts = window_starts(len(ids), context, seed)
    while True:
        chosen = islice(starts, batch_size)
        windows = torch.stack([ids[n : n + context + 1] for n in chosen])
        yield windows[:, :-1], windows[:, 1:]


def make_optimizer(name: str, x: Tensor, recipe: Recipe) -> Muon | Adam:
    """Give blocks' matrices to Muon; embeddings are tables, no maps."""
    if name.startswith("blocks.") and x.dim() == 2:
        return Muon(x, recipe.matrix_learning_rate, recipe.momentum)
    return Adam(x, recipe.other_learning_rate)


def train(
    model: Transformer, ids: Int[Tensor, " N"], recipe: Recipe
) -> Iterator[float]:
    """Take step after step; yield each one's loss, in nats per token."""
    named = dict(model.named_parameters())
    optimizers = [make_optimizer(n, x, recipe) for n, x in named.items()]
    context, size = model.config.context, recipe.batch_size
    taught = batches(ids, context, size, recipe.seed)
    for step, batch in enumerate(islice(taught, recipe.num_steps)):
        loss = model.loss(*batch)
        gradients = torch.autograd.grad(loss, list(named.values()))
        share = recipe.learning_rate_share(step)
        for optimizer, gradient in zip(optimizers, gradients, strict=True):
            optimizer.step(gradient, share)
        yield loss.item()


@torch.no_grad()
def bits_per_byte(
    model: Transformer, ids: Int[Tensor, " N"], num_bytes: int
) -> float:
    """Return how well a model foretells ids, all but the first."""
    context, nats = model.config.context, 0.0
    for start in range(0, len(ids) - 1, context):
        window = ids[None, start : start + context + 1]
        inputs, targets = window[:, :-1], window[:, 1:]
        nats += model.loss(inputs, targets).item() * targets.numel()
    return nats / math.log(2) / num_bytes


# --------------------------------------------------------------------------
# Writing: one token after the other, each read back as the next input.


def choose(
    logits: Float[Tensor, " V"],
    temperature: float,
    top_k: int,
    generator: torch.Generator,
) -> int:
    """Draw one of the `top_k` likeliest; a low temperature sharpens."""
    smallest = logits.topk(min(top_k, len(logits))).values[-1]
    logits = logits.masked_fill(logits < smallest, float("-inf"))
    probabilities = (logits / temperature).softmax(dim=-1)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def generate(
    model: Transformer,
    prompt: list[int],
    num_tokens: int,
    temperature: float = 0.8,
    top_k: int = 50,
    seed: int = 0,
) -> Iterator[int]:
    """Yield the ids that a model writes after a prompt.

    When the context is full, the last half of it is read again, once.
    """
    generator = torch.Generator().manual_seed(seed)
    context, device = model.config.context, model.embedding.weight.device
    text, cache = list(prompt), [Cache() for _ in model.blocks]
    for _ in range(num_tokens):
        if len(text) > context:
            text = text[-(context // 2) :]
            cache = [Cache() for _ in model.blocks]
        unread = torch.tensor([text[cache[0].length :]])
        with torch.no_grad():
            logits = model(unread.to(device), cache)[0, -1].cpu()
        text.append(choose(logits, temperature, top_k, generator))
        yield text[-1]


# --------------------------------------------------------------------------
# From a text to a model that writes: all of the above, in its order.


def main() -> None:
    """Learn from nine tenths of a text, foretell the last, and write."""
    parser = ArgumentParser(description="Train a small model on a text.")
    parser.add_argument("file", type=Path, help="UTF-8, at least 100 kB")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--merges", type=int, default=768)
    parser.add_argument("--prompt", default="\n")
    wanted = parser.parse_args()
    try:
        text = wanted.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"cannot read {wanted.file}: {error}")
    place = int(0.9 * len(text))
    taught, held_out = text[:place], text[place:]

    tokenizer = Tokenizer(train_bpe(taught, wanted.merges))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ids = torch.tensor(tokenizer.encode(taught), device=device)
    others = torch.tensor(tokenizer.encode(held_out), device=device)
    print(f"{len(ids):,} tokens to train on, {len(others):,} held out")

    config = ModelConfig(vocab_size=len(tokenizer.tokens))
    if len(ids) < 2 * config.context:
        parser.error(f"{wanted.file} is too short to learn from")
    torch.manual_seed(0)
    model = Transformer(config).to(device)
    print(f"{sum(x.numel() for x in model.parameters()):,} parameters")
    recipe = Recipe(num_steps=wanted.steps)
    for step, loss in enumerate(train(model, ids, recipe), start=1):
        if step == 1 or step % 25 == 0:
            print(f"step {step:4}  loss {loss:.4f}", flush=True)
    scored = torch.cat((ids[-1:], others))  # what the first one follows
    score = bits_per_byte(model, scored, len(held_out.encode()))
    print(f"held out: {score:.3f} bits per byte\n")
    prompt = tokenizer.encode(wanted.prompt)
    new = generate(model, prompt, num_tokens=200)
    print(wanted.prompt + tokenizer.decode(new))


if __name__ == "__main__":
    main()
