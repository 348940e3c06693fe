"""What the user sees and can do while a model trains: progress, checkpoints, Ctrl-C."""

import signal
import sys
import time
from types import FrameType
from typing import Any

from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback, TrainerControl, TrainerState
from transformers import TrainingArguments as Arguments

from reeltalk.terminal import progress_bar, warn

CHECKPOINT_EVERY_S = 600.0
"""A kill loses at most this much work."""


class TrainingInterruptedError(Exception):
    """Training was stopped from outside, after its checkpoint was written."""

    def __init__(self, step: int, steps: int) -> None:
        """Remember where it stopped."""
        super().__init__(f"stopped at step {step} of {steps}")


class Progress(TrainerCallback):
    """One bar with the time left, and one line for each evaluation."""

    def __init__(self) -> None:
        """Wait for the training to begin."""
        self._bar: Any = None

    def on_train_begin(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Open the bar at the step the run begins or continues at."""
        if state.is_world_process_zero:
            self._bar = progress_bar(
                "training", "step", state.max_steps, state.global_step, leave=True
            )

    def on_step_end(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Show the latest loss."""
        if self._bar is not None and "loss" in (state.log_history or [{}])[-1]:
            self._bar.set_postfix_str(f"loss {state.log_history[-1]['loss']:.3f}", refresh=False)

    def on_evaluate(
        self,
        args: Arguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """Say how the validation went."""
        if self._bar is not None and metrics is not None:
            self._bar.write(
                f"epoch {state.epoch:.2f}: validation macro F1 "
                f"{100 * metrics['eval_macro_f1']:.2f} %, loss {metrics['eval_loss']:.3f}",
                file=sys.stderr,
            )

    def close(self) -> None:
        """Close the bar, also where training was stopped."""
        if self._bar is not None:
            self._bar.close()


class Keeper(TrainerCallback):
    """Writes a checkpoint every ten minutes and at Ctrl-C, and then, for Ctrl-C, stops.

    The main process decides. Where several train together, they agree after each step: a
    checkpoint is something that all of them take part in.
    """

    def __init__(self, processes: int, every_s: float = CHECKPOINT_EVERY_S) -> None:
        """Set how many processes have to agree and how often to save."""
        self._processes = processes
        self._every_s = every_s
        self._saved_at = time.monotonic()
        self._wished = False
        self._agreed = False
        self._previous: dict[signal.Signals, object] = {}

    def on_train_begin(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Take over Ctrl-C and a polite kill."""
        self._saved_at = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._note)

    def release(self) -> None:
        """Give Ctrl-C and the polite kill back to whoever had them."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def on_step_end(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Ask for a checkpoint when it is time or when the user wants to stop."""
        due = time.monotonic() - self._saved_at > self._every_s
        wishes = [(due or self._wished, self._wished)]
        if self._processes > 1:
            broadcast_object_list(wishes, from_process=0)
        save, self._agreed = wishes[0]
        # An epoch's last step is evaluated and saved in any case, and in that order: a checkpoint
        # before the evaluation would leave it out of the choice of the best.
        ends_epoch = float(state.epoch or 0).is_integer() or state.global_step >= state.max_steps
        control.should_save = control.should_save or (save and not ends_epoch)

    def on_save(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Stop once the checkpoint is on the disk."""
        self._saved_at = time.monotonic()
        if self._agreed:
            raise TrainingInterruptedError(state.global_step, state.max_steps)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._wished:
            self.release()
            raise KeyboardInterrupt
        self._wished = True
        warn("\nstopping: finishing this step and saving (once more to stop at once)")
