"""Stage 2: continue models/standard on modern slang -> models/modern.

    python augment_slang.py
    python augment_slang.py --base models/standard --replay 2

`python augment_slang.py --help` lists every flag.
"""

from reeltalk.allocator import preload_allocator
from reeltalk.command_line import parse, run
from reeltalk.config import AugmentConfig


def main() -> None:
    """Read the flags, then train, calibrate, export and measure."""
    config = parse(AugmentConfig)
    from reeltalk.stages import train_modern

    train_modern(config)


if __name__ == "__main__":
    preload_allocator()
    run(main)
