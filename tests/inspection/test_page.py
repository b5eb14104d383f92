"""The page: one file that holds what was given, and asks nobody."""

import json
import re
from html.parser import HTMLParser

import numpy as np

from octavo.inspection.page import as_json, write_page

from .test_drawings import lower

HOSTILE = [
    "</script>",
    "<!--",
    "&amp;",
    '"\\',
    "\u2028",
    "{{data}}",
    "\x07",
]


class Reader(HTMLParser):
    """Collects the scripts, the title, and every address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self.open = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.open = tag
        self.attributes += attrs

    def handle_endtag(self, tag) -> None:
        self.open = ""

    def handle_data(self, data) -> None:
        self.texts.setdefault(self.open, []).append(data)


def page_of(tmp_path, weights, tokens, moments) -> tuple[str, Reader]:
    path = tmp_path / "page.html"
    write_page(weights, tokens, tokens, moments, path)
    page = path.read_text("utf-8")
    return page, Reader(page)


def test_the_numbers_stand_in_the_page_as_thousandths(tmp_path):
    weights = lower(2, 3, 2, 7, 7).astype(np.float16)
    _, reader = page_of(tmp_path, weights, HOSTILE, ["step 0", "step 9"])
    data = json.loads(reader.texts["script"][0])
    assert data["labels"] == HOSTILE
    assert data["pieces"] == [
        *HOSTILE[:4],
        "\ufffd",
        *HOSTILE[5:6],
        "\ufffd",
    ]
    assert (data["layers"], data["heads"]) == (3, 2)
    assert data["moments"] == ["step 0", "step 9"]
    for moment, layer, head, row, column in (
        (0, 0, 0, 0, 0), (1, 2, 1, 6, 3), (0, 1, 1, 4, 4), (1, 1, 0, 5, 0),
    ):  # fmt: skip
        there = data["weights"][moment][layer * 2 + head]
        assert len(there) == 28
        thousandths = there[row * (row + 1) // 2 + column]
        weight = float(weights[moment, layer, head, row, column])
        assert abs(thousandths / 1000 - weight) <= 0.0006


def test_hostile_tokens_stay_text(tmp_path):
    page, reader = page_of(tmp_path, lower(1, 1, 1, 7, 7), HOSTILE, [""])
    assert len(reader.texts["script"]) == 2  # the data, and the program
    assert page.count("</script>") == 2
    assert "<!--" not in page
    assert reader.texts["title"][0].startswith(
        "Attention: </script><!--&amp;"
    )
    assert json.loads(as_json(HOSTILE)) == HOSTILE


def test_nothing_is_asked_of_the_network(tmp_path):
    page, reader = page_of(tmp_path, lower(1, 1, 1, 7, 7), HOSTILE, [""])
    addresses = set(re.findall(r"\w+://[^\"'\s]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, no request
    linked = [v for k, v in reader.attributes if k in ("src", "href")]
    assert linked == ["data:,"]
    policy = dict(reader.attributes)["content"]
    assert "default-src 'none'" in next(
        v for k, v in reader.attributes if k == "content" and "src" in v
    ), policy


def test_the_same_weights_give_the_same_page(tmp_path):
    pages = {
        page_of(tmp_path, lower(1, 2, 2, 7, 7), HOSTILE, [""])[0]
        for _ in range(2)
    }
    assert len(pages) == 1


def test_a_page_is_small(tmp_path):
    tokens = ["token"] * 40
    page, _ = page_of(tmp_path, lower(1, 6, 6, 40, 40), tokens, [""])
    assert len(page) < 150_000
