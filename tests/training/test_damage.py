"""A byte of a run that was changed, or is gone, is noticed and named."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.inspection import Evolution
from octavo.training import (
    Run,
    evaluate_run,
    load_trained,
    loop,
    prepare_from_recipe,
    train,
)
from octavo.training.checkpoints import list_checkpoints
from octavo.training.doctor import diagnose

from .conftest import Recorder
from .doctor.conftest import MACHINE

WRITTEN_ONCE = [
    "chat_template.jinja", "config.json", "generation_config.json",
    "recipe.toml", "tokenizer.json", "tokenizer_config.json",
    "tokens/held_out.npy", "tokens/held_out.npy.json",
    "tokens/train.npy", "tokens/train.npy.json",
]  # fmt: skip
CHECKPOINT = [
    "model.safetensors", "optimizer.safetensors", "random.safetensors",
    "state.json",
]  # fmt: skip
READ = {  # by whom
    "resume": [*WRITTEN_ONCE, "attention.safetensors", "metrics.jsonl"],
    "evaluate": [*WRITTEN_ONCE, "model.safetensors"],
    "doctor": [*WRITTEN_ONCE, "metrics.jsonl"],
    "generate": ["config.json", "model.safetensors", "tokenizer.json"],
    "inspect": ["attention.safetensors"],
}
for use in ("resume", "evaluate", "doctor", "generate"):
    READ[use] += ["checksums.json", "status.json"]
# Made from the record whenever training begins; and who is at work.
DERIVED = {"samples.md", ".lock"}


def resume(folder: Path) -> None:
    """Go on for a step; what is told is as good as an error here."""
    told, asked = Recorder(), count(1)
    train(Run.open(folder), told, lambda: next(asked) == 1)
    raise UserError(" ".join(line for (line,) in told.of("noted")))


def doctor(folder: Path) -> None:
    """Let the doctor look; a finding is as good as an error."""
    found = diagnose(folder, MACHINE).findings
    raise UserError(" ".join(f"{folder / f.sign.seen}" for f in found))


USES: dict[str, Callable[[Path], object]] = {
    "resume": resume,
    "evaluate": evaluate_run,
    "doctor": doctor,
    "generate": load_trained,
    "inspect": Evolution.read,
}


@pytest.fixture(scope="module")
def stopped(recipe, tmp_path_factory) -> Run:
    """A run that was stopped after its fifth step, and saved at each."""
    run = prepare_from_recipe(recipe, tmp_path_factory.mktemp("s") / "run")
    asked = count(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
        assert train(run, stop=lambda: next(asked) == 5) is None
    return run


def damaged(content: bytes) -> list[bytes]:
    """Return what bad luck makes of a file."""
    torn = [content[:-1], content[: len(content) // 2], b""]
    for place in (0, len(content) // 2, len(content) - 1):
        flipped = bytearray(content)
        flipped[place] ^= 1
        torn.append(bytes(flipped))
    return torn


def require_named(
    folder: Path, name: str, use: Callable[[Path], object], room: Path
) -> None:
    """Damage a file in all ways; whoever uses the run must name it."""
    for number, bad in enumerate(damaged((folder / name).read_bytes())):
        run = shutil.copytree(folder, room / str(number))
        (run / name).write_bytes(bad)
        with pytest.raises(UserError) as error:
            use(run)
        assert str(run / name) in str(error.value)


@pytest.mark.parametrize("state", ["stopped", "finished"])
@pytest.mark.parametrize(
    ("use", "name"),
    [(use, name) for use, names in READ.items() for name in names],
)
def test_damage_is_noticed_and_named(request, tmp_path, state, use, name):
    folder = request.getfixturevalue(state).folder
    require_named(folder, name, USES[use], tmp_path)


@pytest.mark.parametrize("name", CHECKPOINT)
@pytest.mark.parametrize("removed", [0, 1])
def test_damage_to_a_checkpoint_is_named(stopped, tmp_path, name, removed):
    """To the newest one; and, once that is removed, to the one before."""
    run = shutil.copytree(stopped.folder, tmp_path / "run")
    *before, newest = list_checkpoints(run)
    if removed:
        shutil.rmtree(newest)
        (newest,) = before
    place = newest.relative_to(run) / name
    require_named(run, place.as_posix(), resume, tmp_path)


@pytest.mark.parametrize("state", ["stopped", "finished"])
def test_these_are_all_files_of_a_run(request, state):
    folder = request.getfixturevalue(state).folder
    read = DERIVED.union(*READ.values())
    for checkpoint in list_checkpoints(folder):
        name = checkpoint.relative_to(folder).as_posix()
        read |= {f"{name}/{part}" for part in CHECKPOINT}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {p.relative_to(folder).as_posix() for p in files} == read


def test_a_value_that_became_impossible_is_named(stopped, tmp_path):
    path = shutil.copytree(stopped.folder, tmp_path / "run") / "recipe.toml"
    content = path.read_bytes().replace(b"threads = 1", b"threads = 0")
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"of .*recipe\.toml: threads is 0"):
        resume(path.parent)


def test_samples_are_made_anew_from_the_record(stopped, tmp_path):
    run = shutil.copytree(stopped.folder, tmp_path / "run")
    content = (run / "samples.md").read_bytes()
    for bad in damaged(content):
        (run / "samples.md").write_bytes(bad)
        with pytest.raises(UserError, match="Going on after step"):
            resume(run)
        assert (run / "samples.md").read_bytes().startswith(content)
