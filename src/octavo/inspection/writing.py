"""From a name's ending to the picture that it asks for."""

from collections.abc import Iterable
from pathlib import Path

from octavo.foundation import UserError
from octavo.inspection.capture import attention_weights
from octavo.inspection.evolution import Evolution
from octavo.inspection.film import draw_film, draw_sheet
from octavo.inspection.labels import token_labels, token_pieces
from octavo.inspection.page import write_page
from octavo.inspection.pictures import draw_attention
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer

# So many tokens can be told apart.
MOST_TOKENS = {".html": 64, ".png": 40, ".svg": 40}
OF_ATTENTION = tuple(MOST_TOKENS)
OF_EVOLUTION = (".html", ".gif", ".png", ".svg")


def check_ending(path: Path, known: Iterable[str]) -> None:
    """Raise UserError unless a name's ending is one that can be drawn."""
    if path.suffix not in known:
        raise UserError(
            f"{path}: the ending must be one of {', '.join(known)}; it "
            "decides what is drawn"
        )


def write_attention(
    model: Transformer, tokenizer: Tokenizer, ids: list[int], path: Path
) -> int:
    """Draw every head's attention over a text; say over how many tokens.

    A text longer than can be shown, or than the context, loses its
    beginning. Raises UserError for an empty one and for other endings.
    """
    check_ending(path, OF_ATTENTION)
    most = min(MOST_TOKENS[path.suffix], model.config.context)
    ids = ids[-most:]
    weights = attention_weights(model, ids).numpy()
    labels = token_labels(tokenizer, ids)
    if path.suffix == ".html":
        pieces = token_pieces(tokenizer, ids)
        write_page(weights[None], labels, pieces, [""], path)
    else:
        draw_attention(weights, labels, path)
    return len(ids)


def write_evolution(folder: Path, path: Path) -> Evolution:
    """Draw how a run's attention sharpened; return what was drawn."""
    check_ending(path, OF_EVOLUTION)
    evolution = Evolution.read(folder)
    tokenizer = Tokenizer.load(folder)
    ids = evolution.sentence.ids
    labels = token_labels(tokenizer, ids)
    if path.suffix == ".html":
        pieces = token_pieces(tokenizer, ids)
        moments = [f"step {step:,}" for step in evolution.steps]
        write_page(evolution.weights, labels, pieces, moments, path)
    elif path.suffix == ".gif":
        draw_film(evolution, labels, path)
    else:
        draw_sheet(evolution, path)
    return evolution
