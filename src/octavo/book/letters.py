"""The book's fonts for its web pages: only the letters that it uses."""

import logging
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from octavo.book.paper import font_folder
from octavo.foundation.files import replacing

FACES = {
    "serif": ("fontpkg_eb_garamond", "EBGaramond[wght].ttf"),
    "italic": ("fontpkg_eb_garamond", "EBGaramond-Italic[wght].ttf"),
    "mono": ("fontpkg_inconsolata", "Inconsolata[wdth,wght].ttf"),
}
FEATURES = ["kern", "liga", "onum", "lnum", "smcp", "c2sc", "mark", "tnum"]


def write_fonts(text: str, folder: Path) -> None:
    """Write the faces that show a text, as serif.woff and so on."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    for name, (package, file) in FACES.items():
        options = Options(layout_features=FEATURES, flavor="woff")
        with TTFont(font_folder(package) / file) as font:
            subsetter = Subsetter(options)
            subsetter.populate(text=text + text.upper() + "0123456789")
            subsetter.subset(font)
            font.flavor = "woff"
            with replacing(folder / f"{name}.woff") as temporary:
                font.save(temporary)
