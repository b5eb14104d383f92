"""What a fine-tuned model writes when it is asked for verse, measured.

Sonnets are held against the real ones, and against the base model, which
cannot be asked: it is shown a real sonnet, and the heading of the next.
All that is written is searched for what stands in the training text.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from octavo.evaluation.memorisation import Source, copying
from octavo.evaluation.poetry import form
from octavo.finetuning.chat import load_chatting
from octavo.finetuning.examples import Question, build_examples
from octavo.finetuning.examples.verse import poems
from octavo.finetuning.messages import exchange
from octavo.finetuning.preparing import BASE
from octavo.finetuning.rendering import end_of_turn, render_prompt
from octavo.generation import Sampling, generate_together
from octavo.interop import load_weights
from octavo.model import Transformer
from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer
from octavo.training import Watcher, choose_device

KINDS = ("sonnet", "blank-verse", "poem", "speech")
MOST_ASKED = 100  # of each kind
MOST_TOKENS = 320  # of a piece: a sonnet has about 170
HEADING = "\n\nCLV\n\n"


class Writer:
    """A model that is let write, and who is told of it."""

    def __init__(
        self, model: Transformer, tokenizer: Tokenizer, watcher: Watcher
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.watcher = watcher

    def write(
        self, prompts: Sequence[list[int]], what: str, stop: int | None
    ) -> list[str]:
        """Return what is written after prompts, from a fixed seed."""
        ids = generate_together(
            self.model,
            prompts,
            MOST_TOKENS,
            Sampling(),
            stop=stop,
            progress=self._telling(what),
        )
        return [self.tokenizer.decode(each) for each in ids]

    def answers(self, questions: Sequence[Question]) -> list[str]:
        """Return answers to questions of one kind."""
        prompts = [
            render_prompt(self.tokenizer, exchange(q.question, "")[:1])
            for q in questions
        ]
        stop = end_of_turn(self.tokenizer)
        return self.write(prompts, f"writing: {questions[0].kind}", stop)

    def after_sonnets(self, sonnets: Sequence[str]) -> list[str]:
        """Return what follows each sonnet, up to the next blank line."""
        prompts = [
            self.tokenizer.encode(sonnet + HEADING) for sonnet in sonnets
        ]
        stop = self.tokenizer.end_of_text
        written = self.write(prompts, "the base is writing", stop)
        return [text.split("\n\n")[0] for text in written]

    def _telling(self, what: str) -> Callable[[int, int], None]:
        return lambda done, total: self.watcher.working(what, done, total)


def poetry_run(
    folder: Path, device: str = "cpu", watcher: Watcher | None = None
) -> dict[str, Any]:
    """Let a fine-tuned run write verse; return its form, and its copies.

    Raises UserError without the extra `poetry`.
    """
    watcher = watcher or Watcher()
    form(["so\nlow"])  # is the dictionary there?
    model, tokenizer = load_chatting(folder)
    writer = Writer(model.to(choose_device(device)), tokenizer, watcher)
    corpus = load_corpus("shakespeare")
    asked = [
        [q for q in build_examples(corpus, seed=0).test if q.kind == kind]
        for kind in KINDS
    ]
    written = {
        some[0].kind: writer.answers(some[:MOST_ASKED]) for some in asked
    }
    real = poems(corpus.train, "sonnets")
    source = Source(document.text for document in corpus.train)
    sonnets = {"real": form(real)}
    if (folder / BASE).is_file():
        load_weights(writer.model, folder / BASE)
        by_base = writer.after_sonnets(real[:MOST_ASKED])
        sonnets["base"] = form(by_base) | copying(source, by_base)
    mine = written["sonnet"]
    sonnets["model"] = form(mine) | copying(source, mine)
    every = [text for texts in written.values() for text in texts]
    return {
        "run": str(folder),
        "sonnets": sonnets,
        "all": {"texts": len(every), **copying(source, every)},
        "written": written,
    }
