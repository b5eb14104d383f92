"""Chapter 10: when it does not fit, when it goes wrong."""

from collections.abc import Mapping, Sequence

from octavo.book.charts import Chart, Point, Scale
from octavo.book.drawing import (
    BLUE,
    FAINT,
    GOLD,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Points = Sequence[Point]
SHADES = {
    "weights": FAINT,
    "gradients": SHADE,
    "optimizers": GOLD,
    "kept for the way back": BLUE,
    "the loss": RED,
}


def room(models: Mapping[str, Mapping[str, float]]) -> str:
    """Draw what a step keeps in memory at once, model by model, in MB."""
    pitch, left = 28.0, 96.0
    sheet = Drawing(height=pitch * len(models) + 26)
    most = max(sum(parts.values()) for parts in models.values())
    for row, (name, parts) in enumerate(models.items()):
        top, x = pitch * row, left
        sheet.words(name, left - 8, top + 13, align="right")
        for part, size in parts.items():
            width = (WIDTH - left - 34) * size / most
            sheet.box(x, top, width, 20, SHADES[part])
            x += width
        total = f"{sum(parts.values()):,.0f}"
        sheet.words(total, x + 5, top + 13, align="left")
    _legend(sheet, pitch * len(models) + 12)
    return sheet.typst()


def _legend(sheet: Drawing, y: float) -> None:
    """Name the shades, in a row."""
    x = 2.0
    for name, colour in SHADES.items():
        sheet.box(x, y - 6, 9, 9, colour)
        sheet.words(name, x + 13, y + 2, colour=FAINT, align="left")
        x += 22 + 3.75 * len(name)


def there_and_back(kept: Points, twice: Points) -> str:
    """Draw what is kept during a step, in MB: all, or blocks' inputs."""
    sheet = Drawing(height=142)
    most = max(size for _, size in kept)
    chart = Chart(
        sheet=sheet, left=28, top=20, width=WIDTH - 120, height=88,
        x=Scale(0, 1), y=Scale(0, 1.1 * most),
    )  # fmt: skip
    turn = next(x for x, size in kept if size == most)
    chart.line([(turn, 0), (turn, 1.1 * most)], SHADE)
    chart.line(kept, BLUE)
    chart.line(twice, RED)
    chart.words("all is kept", turn, most, colour=BLUE, dx=10)
    size = max(size for _, size in twice)
    chart.words("computed twice", 1, size / 2, colour=RED)
    ticks = {0.0: "0", most: f"{most:.1f}"}
    chart.scales({}, ticks, "forward, then back", "MB alive")
    return sheet.typst()
