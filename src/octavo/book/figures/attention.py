"""Chapter 6: attention."""

from collections.abc import Sequence

from octavo.book.drawing import (
    BLUE,
    CELL,
    FAINT,
    GOLD,
    INK,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Matrix = Sequence[Sequence[float]]
Moment = tuple[int, Matrix]  # a step, and a head's weights after it


def matrices(
    tokens: Sequence[str], query: Matrix, key: Matrix, scores: Matrix,
    weights: Matrix, value: Matrix, mixed: Matrix,
) -> str:  # fmt: skip
    """Draw one head at work: scores above, below what they mix."""
    high, left, top = len(tokens) * CELL, 36.0, 20.0
    below = top + high + 50
    sheet = Drawing(height=below + high + 2)
    keys = [list(column) for column in zip(*key, strict=True)]
    for matrix, x, y, name, colour, places in (
        (query, left, top, "queries", BLUE, 1),
        (keys, left + 76, top, "keys, turned over", GOLD, 1),
        (_lower(scores), left + 198, top, "scores", RED, 2),
        (_lower(weights), left, below, "weights", RED, 2),
        (value, left + 126, below, "values", GOLD, 1),
        (mixed, left + 204, below, "what each takes", INK, 2),
    ):
        sheet.matrix(matrix, x, y, colour=colour, places=places)
        middle = x + len(matrix[0]) * CELL / 2
        sheet.words(name, middle, y - 7, colour=FAINT)
    for y in (top, below):
        _name_rows(sheet, tokens, left, y)
    for sign, x, y in (
        ("times", left + 62, top),
        ("arrow.r", left + 185, top),
        ("times", left + 111, below),
        ("=", left + 189, below),
    ):
        sheet.formula(sign, x, y + high / 2 + 3)
    start, end, lane = left + 246, left + 48, below - 31
    sheet.flow((start, top + high + 4), (start, lane), (end, lane),
               (end, below - 17))  # fmt: skip
    sheet.words("softmax, row by row", (start + end) / 2, lane - 4,
                colour=FAINT)  # fmt: skip
    return sheet.typst()


def _lower(rows: Matrix) -> list[list[float | None]]:
    """Return a square with nothing above its diagonal."""
    return [
        [one if j <= i else None for j, one in enumerate(row)]
        for i, row in enumerate(rows)
    ]


def _name_rows(
    sheet: Drawing, tokens: Sequence[str], left: float, top: float
) -> None:
    """Write the tokens before their rows."""
    for i, token in enumerate(tokens):
        y = top + i * CELL + CELL / 2 + 3
        sheet.words(token, left - 6, y, align="right", mono=True)


def heads(before: Sequence[Matrix], after: Sequence[Matrix]) -> str:
    """Draw what heads look at, before training and after it."""
    panels = [*before, *after]
    side = (WIDTH - 14 * (len(panels) - 1)) / len(panels)
    cell = side / len(panels[0])
    sheet = Drawing(height=side + 24)
    for number, weights in enumerate(panels):
        left = number * (side + 14)
        head = number % len(before) + 1
        when = "untrained" if number < len(before) else "trained"
        sheet.words(f"head {head}, {when}", left, 8, align="left")
        _looks(sheet, weights, left, 16, cell)
    return sheet.typst()


def sharpening(words: Sequence[str], moments: Sequence[Moment]) -> str:
    """Draw a head at some moments of its training, the last one large."""
    left, top, cell = 114.0, 16.0, 8.35
    side = cell * len(words)
    sheet = Drawing(height=top + side + 1)
    *small, (step, weights) = moments
    sheet.words(f"step {step:,}", left, 8, align="left")
    _looks(sheet, weights, left, top, cell)
    for row, word in enumerate(words):
        sheet.words(word.strip(), left - 5, top + row * cell + 6.4,
                    size=7, align="right", mono=True)  # fmt: skip
    pitch = (side + top + 4) / len(small)
    little = (pitch - top - 4) / len(words)
    for number, (step, weights) in enumerate(small):
        above = number * pitch
        sheet.words(f"step {step:,}", 0, above + 8, align="left")
        _looks(sheet, weights, 0, above + top, little)
    return sheet.typst()


def _looks(
    sheet: Drawing, weights: Matrix, left: float, top: float, cell: float
) -> None:
    """Draw a head's weights, up to the diagonal."""
    for i, row in enumerate(weights):
        y = top + i * cell
        sheet.box(left, y, (i + 1) * cell, cell, SHADE)
        for j, one in enumerate(row[: i + 1]):
            sheet.share(left + j * cell, y, cell, one)
