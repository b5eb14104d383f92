r"""LaTeX's mathematics, as much of it as the book needs, for three outputs.

Notebooks take the LaTeX as it stands; paper takes Typst's, the web MathML.
What is not known here is a UserError, so that no output can differ.

>>> to_typst(r"\frac{q \cdot k}{\sqrt{d}}")
'frac(q ⋅ k, sqrt(d))'
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from octavo.foundation import UserError, did_you_mean

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S")
SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π",
    "sigma": "σ", "tau": "τ", "phi": "φ",
    "partial": "∂", "nabla": "∇", "infty": "∞",
    "cdot": "⋅", "times": "×", "sum": "∑", "prod": "∏", "leq": "≤",
    "geq": "≥", "neq": "≠", "approx": "≈", "in": "∈", "to": "→",
    "ldots": "…", "cdots": "⋯", "top": "⊤", "odot": "⊙", "mid": "∣",
    "leftarrow": "←",
}  # fmt: skip
NAMED = ("log", "exp", "max", "min", "cos", "sin", "tanh")
WORDS = ("text", "mathrm")
LARGE = "∑∏"
THIN = '<mspace width="0.17em"/>'
BEFORE = ("(", ",", "=")  # a minus after one belongs to its number


@dataclass(frozen=True)
class Node:
    """A piece of a formula: what it is, and what is in it."""

    kind: str  # row, letter, number, sign, words, frac and so on
    text: str = ""
    inside: tuple["Node | None", ...] = ()


class _Parser:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self.latex, self.tokens = latex, TOKEN.findall(latex)

    def row(self, end: str = "") -> Node:
        """Read up to a token, or all."""
        parts: list[Node | None] = []
        while self.tokens and self.tokens[0] != end:
            part = self.scripted()
            if part.text == "-" and (
                not parts or getattr(parts[-1], "text", "") in BEFORE
            ):
                part = Node("minus", "-")
            parts.append(part)
        if end and not self.tokens:
            raise self.fault(f'no "{end}"')
        return Node("row", inside=tuple(parts))

    def scripted(self) -> Node:
        """Read an atom and what hangs below and above it."""
        base, hung = self.atom(), dict.fromkeys("_^")
        while self.tokens and self.tokens[0] in hung:
            mark = self.tokens.pop(0)
            hung[mark] = self.atom()
        if not any(hung.values()):
            return base
        return Node("script", inside=(base, hung["_"], hung["^"]))

    def atom(self) -> Node:
        """Read one thing."""
        if not self.tokens:
            raise self.fault("something is missing at the end")
        token = self.tokens.pop(0)
        if token == "{":  # noqa: S105
            row = self.row("}")
            self.tokens.pop(0)
            return row
        if token.startswith("\\"):
            return self.command(token[1:])
        kind = "number" if token[0].isdigit() else "sign"
        return Node("letter" if token.isalpha() else kind, token)

    def command(self, name: str) -> Node:
        """Read what a command makes of what follows it."""
        made: dict[str, Callable[[], Node]] = {
            "frac": lambda: Node("frac", "", (self.atom(), self.atom())),
            "sqrt": lambda: Node("sqrt", "", (self.atom(),)),
            "hat": lambda: Node("hat", "", (self.atom(),)),
            "mathbf": lambda: Node("bold", self.argument()),
            "left": self.atom,
            "right": self.atom,
            ",": lambda: Node("space"),
            **dict.fromkeys(WORDS, lambda: Node("words", self.argument())),
            "operatorname": lambda: Node("name", self.argument()),
            **dict.fromkeys(NAMED, lambda: Node("name", name)),
        }
        if symbol := SYMBOLS.get(name):
            return Node("letter" if symbol.isalpha() else "sign", symbol)
        if name not in made:
            raise self.fault(f"\\{name}{did_you_mean(name, SYMBOLS)}")
        return made[name]()

    def argument(self) -> str:
        """Read the words between braces."""
        words = self.tokens
        if not words or words.pop(0) != "{" or "}" not in words:
            raise self.fault("words stand in braces")
        end = words.index("}")
        self.tokens = words[end + 1 :]
        return "".join(words[:end])

    def fault(self, why: str) -> UserError:
        """Return what to raise."""
        return UserError(f"the formula {self.latex} has an unknown: {why}")


def to_typst(latex: str) -> str:
    """Return a formula as Typst writes it."""
    return _typst(_Parser(latex).row())


def _typst(node: Node | None) -> str:
    """Return one node in Typst's mathematics."""
    if node is None:
        return ""
    inside = [_typst(one) for one in node.inside]
    if node.kind == "row":
        return " ".join(inside)
    if node.kind in ("frac", "sqrt", "hat"):
        return f"{node.kind}({', '.join(inside)})"
    if node.kind == "script":
        base, below, above = inside
        below = f"_({below})" if below else ""
        return f"{base}{below}{f'^({above})' if above else ''}"
    return {
        "words": f'upright("{node.text}")',
        "name": f'op("{node.text}")',
        "bold": f"bold({node.text})",
        "space": "thin",
        "sign": re.sub(r"([/,;#$&_^\"\\])", r"\\\1", node.text),
    }.get(node.kind, node.text)


def to_mathml(latex: str, display: bool = False) -> str:
    """Return a formula as browsers draw it."""
    how = ' display="block"' if display else ""
    return f"<math{how}>{_mathml(_Parser(latex).row())}</math>"


def _mathml(node: Node | None) -> str:
    """Return one node as MathML."""
    assert node is not None
    if node.kind == "script":
        base, below, above = node.inside
        large = base is not None and base.text in LARGE and base.text
        names = ("munder", "mover") if large else ("msub", "msup")
        both = "munderover" if large else "msubsup"
        tag = both if below and above else names[0 if below else 1]
        parts = [_mathml(one) for one in node.inside if one]
        return f"<{tag}>{''.join(parts)}</{tag}>"
    inside = "".join(_spaced(node.inside))
    if node.kind == "hat":
        return f'<mover accent="true">{inside}<mo>^</mo></mover>'
    tag = {"row": "mrow", "frac": "mfrac", "sqrt": "msqrt"}.get(
        node.kind, ""
    )
    if tag:
        return f"<{tag}>{inside}</{tag}>"
    form: Callable[[str], str] = {
        "letter": "<mi>{}</mi>",
        "number": "<mn>{}</mn>",
        "minus": '<mo form="prefix">{}</mo>',
        "words": "<mtext>{}</mtext>",
        "name": '<mi class="name">{}</mi>',
        "bold": '<mi style="font-weight:bold">{}</mi>',
        "space": THIN,
    }.get(node.kind, "<mo>{}</mo>").format
    minus = node.text == "-"
    return form("\u2212" if minus else escape(node.text))


def _spaced(nodes: Sequence[Node | None]) -> Iterator[str]:
    """Yield nodes as MathML, and room between a name and its letter."""
    for node, after in zip_longest(nodes, nodes[1:]):
        yield _mathml(node)
        named = node is not None and node.kind == "name"
        if named and after and after.text != "(":
            yield THIN
