"""Stage 1: fine-tune an encoder on movie reviews -> models/standard.

    python train_model.py
    python train_model.py --dataset my_reviews.csv --base bundled --epochs 2

`python train_model.py --help` lists every flag.
"""

from reeltalk.allocator import preload_allocator
from reeltalk.command_line import parse, run
from reeltalk.config import TrainConfig


def main() -> None:
    """Read the flags, then train, calibrate, export and measure."""
    config = parse(TrainConfig)
    from reeltalk.stages import train_standard

    train_standard(config)


if __name__ == "__main__":
    preload_allocator()
    run(main)
