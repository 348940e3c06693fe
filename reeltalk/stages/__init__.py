"""The two stages, each from its flags to its model folder."""

from reeltalk.stages.modern import train_modern
from reeltalk.stages.standard import train_standard

__all__ = ["train_modern", "train_standard"]
