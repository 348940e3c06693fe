"""Publish the model folders on the Hub, and with them the slang set.

    python upload_model.py --dry-run
    python upload_model.py models/modern --repo-id owner/name --public

`python upload_model.py --help` lists every flag.
"""

from reeltalk.command_line import parse, run
from reeltalk.config import UploadModelConfig


def main() -> None:
    """Read the flags, then plan, check and publish."""
    config = parse(UploadModelConfig)
    from reeltalk.hub import publish_models

    publish_models(config)


if __name__ == "__main__":
    run(main)
