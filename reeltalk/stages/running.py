"""What both stages do with what they have gathered: train, assemble, and move into place."""

import importlib.util
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from reeltalk.assembly import assemble_model
from reeltalk.base_model import (
    BaseModel,
    count_weights,
    embed_tokens,
    encoder_shape,
    load_base,
    most_tokens,
    read_encoder_config,
)
from reeltalk.command_line import EXIT_INTERRUPTED
from reeltalk.config import Output, Recipe
from reeltalk.errors import ReelTalkError
from reeltalk.evaluation import Readings
from reeltalk.export import LARGEST_FILE
from reeltalk.model_folder import (
    RUN_FILE,
    check_writable,
    disk_errors,
    new_model_folder,
    only_run,
    sha256_of,
    write_json,
)
from reeltalk.reviews import Reviews
from reeltalk.slang import SlangSet
from reeltalk.splits import Splits
from reeltalk.terminal import say, warn
from reeltalk.training import TrainingOutcome, fine_tune
from reeltalk.training.callbacks import TrainingInterruptedError
from reeltalk.training.checkpoints import last_checkpoint, open_run, unfinished_dir
from reeltalk.training.hardware import Hardware, find_hardware
from reeltalk.training.recipes import ResolvedRecipe, resolve_recipe
from reeltalk.training.replay import Replay
from reeltalk.training.schedule import NewRows
from reeltalk.vocabulary import add_emoji_tokens

_VERSIONS = ("torch", "transformers", "tokenizers", "datasets", "accelerate", "onnxruntime")

_BYTES_PER_WEIGHT = 4

# Two checkpoints of weights and both AdamW moments, the new folder, the old one.
_DISK_PER_WEIGHT_BYTE = 10


@dataclass(frozen=True)
class Stage:
    """Everything that one stage needs, checked, before its training begins.

    Attributes:
        name: "standard" or "modern".
        base: where its weights start.
        recipe: resolved recipe.
        splits: the labelled set; its test split is what the stage is measured on.
        learned: what it learns from.
        chosen_on: what its best weights and its temperature are chosen on.
        seed: seed of every random choice.
        record: what run.json says of the inputs, and what a resumed run must share.
        slang: a slang set whose held-out rows are measured.
        emoji_learning_rate: peak rate of the emoji that become tokens; None: none become any.
        replay: reviews of which it is not to forget what its base thinks of them.
        gate: is given the finished model's answers to the test reviews; words how they compare,
            or refuses them.
    """

    name: str
    base: BaseModel
    recipe: ResolvedRecipe
    splits: Splits
    learned: Reviews
    chosen_on: Reviews
    seed: int
    record: dict[str, Any]
    slang: SlangSet | None = None
    emoji_learning_rate: float | None = None
    replay: Replay | None = None
    gate: Callable[[Readings], str] | None = None


def prepare(base: BaseModel, recipe: Recipe, output: Output) -> ResolvedRecipe:
    """Resolve the recipe for an encoder, and check that its model will have room.

    Raises:
        ReelTalkError: naming what there is no room or no package for.
    """
    if recipe.report_to != "none" and importlib.util.find_spec(recipe.report_to) is None:
        raise ReelTalkError(
            f"--report-to {recipe.report_to}: the package is not installed; install it with: "
            f"{_python()} -m pip install {recipe.report_to}"
        )
    config = read_encoder_config(base)
    resolved = resolve_recipe(recipe, encoder_shape(config), most_tokens(config))
    count = count_weights(base, config)
    if count * _BYTES_PER_WEIGHT >= LARGEST_FILE:
        raise ReelTalkError(
            f"{base.name} has {count / 1e6:,.0f} million weights, more than an ONNX file holds; "
            f"allowed: up to {LARGEST_FILE // _BYTES_PER_WEIGHT / 1e6:,.0f} million"
        )
    weights = sum(file.stat().st_size for file in base.folder.glob("model*.safetensors"))
    unfinished = unfinished_dir(output.output_dir).rglob("*")
    taken = sum(file.stat().st_size for file in unfinished if file.is_file())
    check_writable(output.output_dir, weights * _DISK_PER_WEIGHT_BYTE - taken)
    return resolved


def run_stage(stage: Stage, output: Output) -> None:
    """Train, calibrate, export, measure, and replace the output folder in one step.

    Ends the process with exit code 130 after Ctrl-C, having said how to go on.
    """
    hardware = find_hardware(stage.recipe.device, stage.recipe.precision)
    plan = _plan(stage)
    try:
        with only_run(output.output_dir) if hardware.is_main else nullcontext():
            checkpoint = _open(output, plan, hardware)
            _train_and_assemble(stage, output, hardware, plan, checkpoint)
            if hardware.is_main:
                shutil.rmtree(unfinished_dir(output.output_dir))
    except (TrainingInterruptedError, KeyboardInterrupt) as stop:
        if hardware.is_main:
            warn(_how_to_resume(stop, output.output_dir))
        sys.exit(EXIT_INTERRUPTED)
    if hardware.is_main:
        say(f"written: {output.output_dir}")


def learn_emoji(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, learning_rate: float
) -> NewRows | None:
    """Make emoji tokens of a model, to be trained at a rate of their own; None if they are."""
    named = add_emoji_tokens(tokenizer)
    if not named:
        return None
    embed_tokens(model, tokenizer, named)
    return NewRows(list(named), learning_rate)


def _train_and_assemble(
    stage: Stage,
    output: Output,
    hardware: Hardware,
    plan: dict[str, Any],
    checkpoint: Path | None,
) -> None:
    started, begun = datetime.now(UTC), time.perf_counter()
    max_tokens = stage.recipe.max_tokens
    model, tokenizer = load_base(stage.base, max_tokens, stage.seed, stage.recipe.dropout)
    new_rows = None
    if stage.emoji_learning_rate is not None:
        new_rows = learn_emoji(model, tokenizer, stage.emoji_learning_rate)
    with disk_errors(output.output_dir):
        outcome = fine_tune(
            model,
            tokenizer,
            stage.learned,
            stage.chosen_on,
            stage.recipe,
            hardware,
            unfinished_dir(output.output_dir),
            stage.seed,
            checkpoint,
            new_rows,
            stage.replay,
        )
    if not hardware.is_main:
        return
    with disk_errors(output.output_dir), new_model_folder(output.output_dir) as folder:
        splits = replace(stage.splits, validation=stage.chosen_on)
        readings = assemble_model(
            model, tokenizer, max_tokens, hardware.precision, splits, stage.slang, folder
        )
        if stage.gate is not None:
            say(stage.gate(readings))
        run = {
            "stage": stage.name,
            "command": shlex.join(["python", *sys.argv]),
            "started": started.isoformat(timespec="seconds"),
            "wall_seconds": round(time.perf_counter() - begun, 1),
            **plan,
            "training": _training(outcome, hardware),
            "versions": {name: version(name) for name in _VERSIONS},
        }
        write_json(folder / RUN_FILE, run)


def _plan(stage: Stage) -> dict[str, Any]:
    """Everything that decides what is trained."""
    return {
        "base": {
            "name": stage.base.name,
            "revision": stage.base.revision,
            "sha256": {
                file.name: sha256_of(file) for file in stage.base.folder.glob("model*.safetensors")
            },
        },
        "recipe": asdict(stage.recipe),
        "seed": stage.seed,
        "learned": {"rows": len(stage.learned), "sha256": stage.learned.sha256()},
        **stage.record,
    }


def _open(output: Output, plan: dict[str, Any], hardware: Hardware) -> Path | None:
    """Have the main process open the run, and the others follow it."""
    state = PartialState(cpu=hardware.device == "cpu") if hardware.processes > 1 else None
    checkpoint = open_run(output, plan) if hardware.is_main else None
    if state is not None:
        state.wait_for_everyone()
        checkpoint = last_checkpoint(unfinished_dir(output.output_dir))
    return checkpoint


def _training(outcome: TrainingOutcome, hardware: Hardware) -> dict[str, Any]:
    return {
        "device": hardware.name,
        "precision": hardware.precision,
        "processes": hardware.processes,
        "batch_size": outcome.recipe.batch_size,
        "gradient_accumulation": outcome.recipe.gradient_accumulation,
        "steps": outcome.steps,
        "seconds": round(outcome.seconds, 1),
        "evaluations": outcome.evaluations,
    }


def _python() -> str:
    """Name the running Python as it can be typed in this folder."""
    executable = Path(sys.executable)
    here = executable.is_relative_to(Path.cwd())
    return str(executable.relative_to(Path.cwd()) if here else executable)


def _how_to_resume(stop: BaseException, output_dir: Path) -> str:
    what = str(stop) or "stopped"
    if last_checkpoint(unfinished_dir(output_dir)) is None:
        return f"{what}; {output_dir} is as it was, and nothing is left to continue"
    words = [word for word in sys.argv if word not in ("--resume", "--restart")]
    resume = shlex.join([_python(), *words, "--resume"])
    return f"{what}; {output_dir} is as it was. Continue with: {resume}"
