"""A page that shows a text's tokens: one file that needs no other."""

from collections.abc import Iterable, Sequence
from html import escape

from octavo.tokenizer.viewing.tokens import (
    Step,
    Stretch,
    Token,
    show,
    stretches,
)

COLOURS = 5  # that tokens take in turn

STYLE = """
:root { color-scheme: light dark; --paper: #fffdf8; --ink: #22223b;
  --faint: #857a85; --line: #e6dfd6; --0: #f3dcd6; --1: #d9e4ee;
  --2: #f4e6c8; --3: #dbe8d8; --4: #e6ddec; }
@media (prefers-color-scheme: dark) { :root { --paper: #1c1b22;
  --ink: #ece7df; --faint: #a0969f; --line: #3a3842; --0: #5b3338;
  --1: #2b4460; --2: #574520; --3: #31492f; --4: #483757; } }
body { margin: 3rem auto; max-width: 46rem; padding: 0 1.2rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 "Libertinus Serif", Georgia, "DejaVu Serif", serif; }
h1, h2 { font-weight: normal; margin: 0; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p, label, th { color: var(--faint); }
.tokens { margin: 1.5rem 0; font-family: ui-monospace, "DejaVu Sans Mono",
  Menlo, Consolas, monospace; line-height: 2; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.t { position: relative; border-radius: .2em; padding: .15em 0;
  unicode-bidi: isolate; outline-offset: 1px; }
.c0 { background: var(--0); } .c1 { background: var(--1); }
.c2 { background: var(--2); } .c3 { background: var(--3); }
.c4 { background: var(--4); }
.m { color: var(--faint); font-style: normal; }
.m::before { content: attr(data-shown); }
.m > span { font-size: 0; }
.n { display: none; }
.t:hover, .t:focus { outline: 1px solid var(--ink); }
.t:hover::after, .t:focus::after { content: attr(data-about);
  position: absolute; left: 0; top: 1.9em; z-index: 1; padding: .2em .6em;
  background: var(--ink); color: var(--paper); border-radius: .3em;
  font-size: .8rem; line-height: 1.5; white-space: pre; }
#ids:checked ~ .tokens { line-height: 3.2; }
#ids:checked ~ .tokens .m > span { display: none; }
#ids:checked ~ .tokens .n { display: inline; }
#ids:checked ~ .tokens .t { display: inline-block; line-height: 1.4;
  margin-right: .25em; vertical-align: top; }
#ids:checked ~ .tokens .t::after { content: attr(data-id); display: block;
  position: static; padding: 0; background: none; color: var(--faint);
  font-size: .7rem; line-height: 1.2; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; }
th, td { border-bottom: 1px solid var(--line); padding: .3em 1.2em .3em 0; }
td { font-variant-numeric: tabular-nums; }
td .tokens { margin: 0; }
"""


def to_page(
    tokens: Sequence[Token],
    name: str,
    steps: Sequence[Step] = (),
    word: str = "",
) -> str:
    """Return a page of tokens, and of the merges that build a word.

    `name` is the tokenizer's. Everything is escaped; hovering over a token
    shows its id and its bytes.
    """
    body = [_text_part(tokens, name)] if tokens else []
    if word:
        body.append(_trace_part(steps, word))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Tokens: {escape(name)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{''.join(body)}</body>\n</html>\n"
    )


def _text_part(tokens: Sequence[Token], name: str) -> str:
    size = sum(len(token.data) for token in tokens)
    return (
        f"<h1>{len(tokens):,} tokens</h1>\n"
        f"<p>{size:,} bytes, {size / len(tokens):.2f} in a token; "
        f"vocabulary: {escape(name)}</p>\n"
        '<input type="checkbox" id="ids"><label for="ids"> show ids</label>'
        f'\n<div class="tokens">{_spans(tokens)}</div>\n'
    )


def _spans(tokens: Iterable[Token]) -> str:
    return "".join(
        f'<span class="t c{place % COLOURS}" tabindex="0" '
        f'data-id="{token.id}" '
        f'data-about="id {token.id} · bytes {token.data.hex(" ")}">'
        f"{''.join(map(_stretch, stretches(token.data)))}</span>"
        # Where ids are shown, a token is a box: lines break after it.
        + '<br class="n">'
        * token.data.count(b"\n")
        for place, token in enumerate(tokens)
    )


def _stretch(stretch: Stretch) -> str:
    """Return a part of a token; a mark keeps what it stands for.

    A browser shows the mark, breaks lines where the text does, and copies
    the text.
    """
    if not stretch.mark:
        return escape(stretch.shown)
    kept = stretch.data.decode(errors="replace")
    visible = kept if kept.strip(" \t\n") == "" else ""
    return (
        f'<i class="m" data-shown="{escape(stretch.shown)}">'
        f"<span>{visible}</span></i>"
    )


def _trace_part(steps: Sequence[Step], word: str) -> str:
    rows = "".join(
        f"<tr><td>{step.rank:,}</td><td>{escape(show(step.made))}</td>"
        f"<td>{step.id:,}</td>"
        f'<td><div class="tokens">{_pieces(step.pieces)}</div></td></tr>\n'
        for step in steps
    )
    return (
        f"<h2>How “{escape(show(word.encode()))}” is built</h2>\n"
        "<table>\n<tr><th>rank</th><th>makes</th><th>id</th>"
        f"<th>pieces</th></tr>\n{rows}</table>\n"
    )


def _pieces(pieces: Iterable[bytes]) -> str:
    return "".join(
        f'<span class="t c{place % COLOURS}" '
        f'data-about="bytes {piece.hex(" ")}">{escape(show(piece))}</span>'
        for place, piece in enumerate(pieces)
    )
