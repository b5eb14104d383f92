"""Judging: the right text, the right tokens, the right numbers."""

import json
import shutil

import pytest

from octavo.evaluation import NgramModel, score_ngrams
from octavo.foundation import UserError
from octavo.training import Metrics, evaluate_run


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("".join(f"{n} goats,\n" for n in range(200)), "utf-8")
    return path


def test_a_run_is_judged_on_what_it_held_out(finished, recorder):
    result = evaluate_run(finished.folder, watcher=recorder)
    final = Metrics.read(finished.folder).of("final")[0][1]
    assert result == {
        "run": str(finished.folder),
        "corpus": finished.recipe.data.corpus,
        **final,
    }
    assert recorder.of("working")[-1] == ("judging", 7, 7)


def test_baselines_learn_from_what_the_run_learned_from(finished, recorder):
    result = evaluate_run(finished.folder, baselines=True, watcher=recorder)
    rows = result["baselines"]
    assert [row["order"] for row in rows] == [1, 2, 3, 4, 5, 6]
    for row in (rows[0], rows[2]):
        model = NgramModel.train(finished.train.ids, row["order"], 270)
        score = score_ngrams(model, finished.held_out, finished.tokenizer)
        assert row == {"order": row["order"], **score.as_dict()}
    assert recorder.of("working")[-1] == ("counting n-grams", 6, 6)


def test_another_corpus_is_encoded_with_the_runs_tokenizer(finished, other):
    result = evaluate_run(finished.folder, str(other), baselines=True)
    text = other.read_text("utf-8")
    held_out = text[text.index("\n", int(0.9 * len(text)) - 1) + 1 :]
    assert result["corpus"] == str(other)
    assert result["bytes"] == len(held_out)
    assert result["tokens"] == len(finished.tokenizer.encode(held_out))
    # N-grams that learned from goats know goats; the model met none.
    trigram = result["baselines"][2]["bits_per_byte"]
    assert trigram < 0.5 * result["bits_per_byte"]


def test_a_model_that_is_no_run_needs_a_corpus(finished, other, tmp_path):
    folder = shutil.copytree(finished.folder, tmp_path / "model")
    for name in ("recipe.toml", "status.json"):
        (folder / name).unlink()
    with pytest.raises(UserError, match=r"it has no recipe\.toml"):
        evaluate_run(folder)
    result = evaluate_run(folder, str(other))
    assert result["bytes"] == evaluate_run(
        finished.folder, str(other)
    )["bytes"]  # fmt: skip


def test_a_tokenizer_beyond_the_model_is_refused(finished, other, tmp_path):
    folder = shutil.copytree(finished.folder, tmp_path / "model")
    (folder / "recipe.toml").unlink()
    path = folder / "tokenizer.json"
    content = json.loads(path.read_bytes())
    added = content["added_tokens"][-1] | {"id": 270, "content": "<|new|>"}
    content["added_tokens"].append(added)
    path.write_text(json.dumps(content))
    with pytest.raises(
        UserError, match="has 271 tokens, the model only 27"
    ):
        evaluate_run(folder, str(other))


def test_the_corpus_to_judge_on_has_fields_too(finished, tmp_path):
    path = tmp_path / "a.jsonl"
    lines = (json.dumps({"body": f"{n} goats, " * 9}) for n in range(20))
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(UserError, match='line 1: no field "text"'):
        evaluate_run(finished.folder, str(path))
    result = evaluate_run(finished.folder, str(path), field="body")
    assert result["bytes"] > 150
