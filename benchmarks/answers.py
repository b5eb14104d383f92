"""What a fine-tuned run answers and writes, counted and shown.

    python benchmarks/answers.py RUN   asks; writes results/answers.json
    python benchmarks/answers.py       writes the page from that anew

The page is docs/ten-million.md, "What ten million parameters can and cannot
do". Which answers it shows is drawn by a fixed seed: `typical` are drawn
from all of a kind, `worst` from the wrong ones; of verse, the best has the
form of a sonnet, copies least and rhymes most, the worst the other way.
"""

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

from machine import machine
from octavo.evaluation.memorisation import Source, copying
from octavo.evaluation.poetry import form
from octavo.finetuning.chat import load_chatting
from octavo.finetuning.messages import exchange
from octavo.finetuning.poetry import poetry_run
from octavo.finetuning.preparing import TunedRun
from octavo.finetuning.questions import question_run
from octavo.finetuning.rendering import end_of_turn, render_prompt
from octavo.generation import Sampling, generate
from octavo.model import Transformer
from octavo.text import load_corpus

HERE = Path(__file__).parent
FIGURES = HERE / "results" / "answers.json"
PAGE = HERE.parent / "docs" / "ten-million.md"
TYPICAL, WORST = 4, 3  # answers shown of a kind
KINDS = {
    "play": "in which play somebody appears",
    "person": "who somebody is",
    "speaker": "who speaks a line",
    "finish": "how a line goes on",
    "acts": "how many acts a play has",
    "sum": "two-digit sums never seen",
    "talk": "small talk",
    "unknown-person": "persons who do not exist",
    "unknown-line": "lines that nobody says",
}
# Nothing like these was trained on, but for what is one word away.
BEYOND = (
    "Who wrote Hamlet?",
    "Why does Hamlet hesitate?",
    "Is Iago a good man?",
    "Who is the daughter of King Lear?",
    "Who is hamlet?",
    "ophelia who is she",
    "What is the capital of France?",
    "What is 123 + 456?",
    "What is 7 times 8?",
    "What is 50 - 8?",
    "Write a sonnet about computers.",
    "Translate good morning into French.",
)


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    asked = parser.parse_args()
    if asked.run:
        text = json.dumps(measured(asked.run), indent=1, ensure_ascii=False)
        FIGURES.write_text(text + "\n", "utf-8")
    PAGE.write_text(page(json.loads(FIGURES.read_text("utf-8"))), "utf-8")


def measured(folder: Path) -> dict[str, Any]:
    """Return all figures and texts of a fine-tuned run."""
    run = TunedRun.open(folder)
    poetry = poetry_run(folder)
    source = Source(d.text for d in load_corpus("shakespeare").train)
    return {
        "machine": machine(["torch", "numpy"]),
        "recipe": recipe(run),
        "questions": question_run(folder) | {"run": folder.name},
        "poetry": {k: poetry[k] for k in ("sonnets", "all")},
        "verse": [
            {"text": text, **form([text]), **copying(source, [text])}
            for text in poetry["written"]["sonnet"]
        ],
        "others": {
            kind: poetry["written"][kind][:2] for kind in ("poem", "speech")
        },
        "beyond": beyond(folder),
    }


def recipe(run: TunedRun) -> dict[str, Any]:
    """Return what was taught and how, and what it cost in writing."""
    *_, last = (
        (run.folder / "metrics.jsonl").read_text("utf-8").splitlines()
    )
    tuning = run.recipe.tuning
    return {
        "parameters": Transformer(run.recipe.model).num_parameters(),
        "context": run.recipe.model.context,
        "steps": run.recipe.num_steps,
        "tokens": run.recipe.training.tokens,
        "epochs": tuning.epochs,
        "rehearsal": tuning.rehearsal,
        "conversations": tuning.conversations,
        "lora_rank": tuning.lora_rank,
        "before": run.bits_before,
        "after": json.loads(last)["final"]["bits_per_byte"],
    }


def beyond(folder: Path) -> list[tuple[str, str]]:
    """Return likeliest answers to what was not taught."""
    model, tokenizer = load_chatting(folder)
    found = []
    for question in BEYOND:
        ids = generate(
            model,
            render_prompt(tokenizer, exchange(question, "")[:1]),
            100,
            Sampling(temperature=0),
            0,
            end_of_turn(tokenizer),
        )
        found.append((question, tokenizer.decode(list(ids))))
    return found


def page(found: dict[str, Any]) -> str:
    """Return the page: figures, and answers as they were given."""
    taught = found["recipe"]
    sonnets = found["poetry"]["sonnets"]
    values = {
        **taught,
        "worse": taught["after"] / taught["before"] - 1,
        "kinds": table(found["questions"]),
        "all": found["questions"]["all"],
        "answers": answers(found["questions"]),
        "forms": forms(sonnets),
        "asked": sonnets["model"]["sonnets"],
        "fourteen": sonnets["model"]["fourteen_lines"],
        "copied": sonnets["model"]["copied_8grams"],
        "longest": sonnets["model"]["longest_copy"],
        "verse": verse(found["verse"]),
        "others": others(found["others"]),
        "beyond": asked_and_answered(found["beyond"]),
        "run": found["questions"]["run"],
    }
    template = (HERE / "answers.md").read_text("utf-8")
    return template.format_map(values)


def table(questions: dict[str, Any]) -> str:
    """Return what was right, by kind, beside what needs no model."""
    rows = [
        "| asked | number | right | 95% interval | nearest | commonest |",
        "|---|---|---|---|---|---|",
    ]
    for kind, name in [*KINDS.items(), ("all", "**all**")]:
        row = (
            questions["all"] if kind == "all" else questions["kinds"][kind]
        )
        rows.append(
            f"| {name} | {row['questions']} | {row['accuracy']:.1%} "
            f"| {row['low']:.1%} to {row['high']:.1%} "
            f"| {row['nearest']:.1%} | {row['most_frequent']:.1%} |"
        )
    return "\n".join(rows)


def answers(questions: dict[str, Any]) -> str:
    """Return typical answers of each kind, and wrong ones."""
    parts = []
    for kind, name in KINDS.items():
        every = [a for a in questions["answers"] if a["kind"] == kind]
        wrong = [a for a in every if not a["right"]]
        random = Random(kind)  # noqa: S311
        typical = random.sample(every, TYPICAL)
        worst = random.sample(wrong, min(WORST, len(wrong)))
        parts += [f"**{name.capitalize()}.** Typical:", quoted(typical)]
        parts += ["Wrong:", quoted(worst)] if worst else ["None is wrong."]
    return "\n\n".join(parts)


def quoted(answers: list[dict[str, Any]]) -> str:
    """Return questions and answers, what is wrong beside what is right."""
    return "\n".join(
        f"- {answer['question']} — *{flat(answer['answer'])}*"
        + (
            ""
            if answer["right"]
            else f" (should be: {flat(answer['expected'])})"
        )
        for answer in answers
    )


def forms(sonnets: dict[str, Any]) -> str:
    """Return how sonnets are formed, beside real ones and the base's."""
    names = {
        "real": "Shakespeare's own",
        "base": "the base's, after a real one",
        "model": "the model's",
    }
    rows = [
        "| whose | 14 lines | syllables | rhymes | copied | longest copy |",
        "|---|---|---|---|---|---|",
    ]
    for key, name in names.items():
        row = sonnets[key]
        copied = (
            f"{row['copied_8grams']:.1%} | {row['longest_copy']}"
            if "copied_8grams" in row
            else "all | all"
        )
        rows.append(
            f"| {name} | {row['fourteen_lines']:.0%} "
            f"| {row['syllables']:.1f} | {row['rhymes']:.0%} | {copied} |"
        )
    return "\n".join(rows)


def verse(sonnets: list[dict[str, Any]]) -> str:
    """Return the best of all sonnets, a typical one, and the worst."""
    ranked = sorted(
        sonnets,
        key=lambda s: (
            s["fourteen_lines"],
            s["rhymes"] - s["copied_8grams"],
        ),
    )
    chosen = {
        "The best": ranked[-1],
        "One in the middle": ranked[len(ranked) // 2],
        "The worst": ranked[0],
    }
    return "\n\n".join(
        f"{name} of {len(sonnets)}: {each['syllables']:.1f} syllables a "
        f"line, {each['rhymes']:.0%} of pairs rhyme, the longest copy "
        f"has {each['longest_copy']} words.\n\n{block(each['text'])}"
        for name, each in chosen.items()
    )


def others(written: dict[str, list[str]]) -> str:
    """Return the first poem and the first speech."""
    return "\n\n".join(
        f"A {kind}:\n\n{block(texts[0])}" for kind, texts in written.items()
    )


def asked_and_answered(pairs: list[list[str]]) -> str:
    """Return a table of questions and answers."""
    rows = [f"| {question} | {flat(said)} |" for question, said in pairs]
    return "\n".join(["| asked | answered |", "|---|---|", *rows])


def block(text: str) -> str:
    """Return a text as it stands."""
    return f"```text\n{text}\n```"


def flat(text: str) -> str:
    """Return a text on one line."""
    return " / ".join(text.split("\n")).replace("|", "\\|")


if __name__ == "__main__":
    main()
