"""Publish deployment/ as a Gradio Space that reads with the published models.

    python upload_space.py --dry-run
    python upload_space.py --repo-id owner/name --hardware cpu-upgrade

`python upload_space.py --help` lists every flag.
"""

from reeltalk.command_line import parse, run
from reeltalk.config import UploadSpaceConfig


def main() -> None:
    """Read the flags, then plan, check, publish, and ask the Space."""
    config = parse(UploadSpaceConfig)
    from reeltalk.hub import publish_space

    publish_space(config)


if __name__ == "__main__":
    run(main)
