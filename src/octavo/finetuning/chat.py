"""Talking with a model: it answers in turn, and remembers what was said.

Each turn the model is given the conversation, rendered as in training, and
writes until its turn ends. What it has read stays in the key-value cache,
so that a turn costs what is new in it.

When a conversation no longer fits the context, its oldest turns are
dropped, down to half of it: then the model reads what is left once more,
and is not at its limit again with the very next turn.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

from octavo.finetuning.messages import (
    USER,
    Conversation,
    Message,
    exchange,
)
from octavo.finetuning.recipe import TuningRecipe
from octavo.finetuning.rendering import end_of_turn, render_prompt
from octavo.foundation import UserError, check_seed
from octavo.foundation.text import quoted
from octavo.generation import Memory, Sampling, generate, tail_length
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer, decode_stream
from octavo.training import load_trained


class Chat:
    """A conversation with a model.

    `tokens` is the most that an answer may have; fewer, where the context
    has no room for them. `cut_off` is after how many the last answer had
    to end, 0 if it ended by itself, and `forgotten` how many messages do
    not fit any more and are no longer read.
    """

    def __init__(
        self,
        model: Transformer,
        tokenizer: Tokenizer,
        sampling: Sampling | None = None,
        seed: int = 0,
        tokens: int = 320,
    ) -> None:
        check_seed(seed)
        self.tokenizer, self.sampling = tokenizer, sampling
        self.seed, self.tokens = seed, tokens
        self.messages: Conversation = ()
        self.turns = self.forgotten = self.cut_off = 0
        self._memory = Memory(model)
        self._stop = end_of_turn(tokenizer)

    def say(self, text: str) -> Generator[str, None, None]:
        """Yield the answer to a text, piece by piece, as it is written.

        Whoever stops listening closes the iterator; what was said until
        then is remembered. Raises UserError, and forgets the text, if it
        is empty, or alone too long for the context.
        """
        if not text.strip():
            raise UserError("the question is empty: ask something")
        prompt = self._prompt(Message(role=USER, content=text))
        said = ""
        try:
            for piece in decode_stream(self.tokenizer, self._write(prompt)):
                said += piece
                yield piece
        finally:
            if said:  # else it would learn to say nothing
                self.messages += exchange(text, said)
            self.turns += 1

    def _write(self, prompt: list[int]) -> Iterator[int]:
        """Yield the ids of the answer to a prompt."""
        context = self._memory.model.config.context
        most = min(self.tokens, context - len(prompt))
        # Asked the same again, it need not say the same again.
        seed = self.seed ^ self.turns
        answer = generate(
            self._memory.model,
            prompt,
            most,
            self.sampling,
            seed,
            self._stop,
            self._memory,
        )
        left = most
        for token in answer:
            yield token
            left -= 1
        self.cut_off = 0 if left else most

    def _prompt(self, asked: Message) -> list[int]:
        """Return the ids of what is to be read, which leave some room."""
        context = self._memory.model.config.context
        half = tail_length(context)
        ids = self._ids(asked)
        if len(ids) > context - min(self.tokens, half):
            while self.messages and len(ids) > half:
                self.messages = self.messages[2:]
                self.forgotten += 2
                ids = self._ids(asked)
        if len(ids) >= context:
            raise UserError(
                f"that is {len(ids)} tokens long, with the marks of a "
                f"turn, and the model's context is {context}: say less"
            )
        return ids

    def _ids(self, asked: Message) -> list[int]:
        """Return the ids of the conversation, up to what is asked."""
        return render_prompt(self.tokenizer, (*self.messages, asked))


def load_chatting(folder: Path) -> tuple[Transformer, Tokenizer]:
    """Load a model that has learned to answer, and its tokenizer.

    Raises UserError for a run that was never fine-tuned, or a vocabulary
    without marks for turns. Of a folder from elsewhere nobody knows.
    """
    model = load_trained(folder)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    end_of_turn(tokenizer)
    is_run = (folder / "recipe.toml").is_file()
    if is_run and not (folder / TuningRecipe.FILE).is_file():
        raise UserError(
            f"{folder} has not learned to answer: octavo finetune "
            f"{quoted(folder)} --examples shakespeare --out NEW teaches it"
        )
    return model, tokenizer
