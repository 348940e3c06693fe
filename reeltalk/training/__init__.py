"""Fine-tuning: one loop for both stages, on transformers' Trainer."""

from reeltalk.training.fine_tuning import TrainingOutcome, fine_tune

__all__ = ["TrainingOutcome", "fine_tune"]
