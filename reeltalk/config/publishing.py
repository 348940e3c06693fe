"""The flags of publishing: the two upload scripts and python -m reeltalk publish."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reeltalk.config.parts import Flattened, Positional, require
from reeltalk.errors import ReelTalkError

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_]|[.-](?![.-]))*"
_REPO_ID = f"{_NAME}/{_NAME}"
_FLAVOR = r"[a-z0-9-]+"


@dataclass(frozen=True)
class HubAccess:
    """How the Hub is written to."""

    namespace: str | None = None
    """Owner of the repos, an account or organisation; the token's account where it is not
    given."""
    public: bool = False
    """Show the repos to all the world; without it new ones are private, and others stay as they
    are."""
    dry_run: bool = False
    """Print what would be done, and write nothing."""
    timeout_s: float = 60.0
    """Seconds after which a request without an answer is given up."""
    patience_s: float = 600.0
    """Seconds to wait, all together, for a Hub that is busy or away."""

    def __post_init__(self) -> None:
        """Check ranges."""
        name = self.namespace
        require(name is None or _is(_NAME, name), "--namespace", name, "a Hub account's name")
        require(1 <= self.timeout_s, "--timeout-s", self.timeout_s, "1 or more")
        require(0 <= self.patience_s, "--patience-s", self.patience_s, "0 or more")


@dataclass(frozen=True)
class UploadModelConfig:
    """Publish model folders, and with models/modern the slang set that it learnt from."""

    models: Positional[tuple[Path, ...]] = (Path("models/standard"), Path("models/modern"))
    """Model folders."""
    repo_id: str | None = None
    """Repo of the model, owner/name, where only one is published; NAMESPACE/reeltalk-STAGE where
    it is not given."""
    tag: str | None = None
    """Tag of this release; r1, r2, ... where it is not given."""
    create_pr: bool = False
    """Open a pull request in each repo, with --repo-id in that one alone, and leave what is
    published as it is."""
    access: Flattened[HubAccess] = field(default_factory=HubAccess)

    def __post_init__(self) -> None:
        """Check names and combinations."""
        _check_repo_id(self.repo_id)
        _check_tag(self.tag)
        if self.repo_id is not None and len(self.models) != 1:
            raise ReelTalkError(
                f"--repo-id {self.repo_id} names one repo and {len(self.models)} model folders "
                "were given; name one folder"
            )


@dataclass(frozen=True, kw_only=True)
class SpaceSettings:
    """How the Space is brought up."""

    hardware: str | None = None
    """Hardware to run on, such as cpu-upgrade; where it is not given, what the Space has."""
    no_wait: bool = False
    """Do not wait until the Space runs, and do not ask it anything."""
    tag: str | None = None
    """Tag of this release; r1, r2, ... where it is not given."""
    wait_s: float = 900.0
    """Seconds that building and starting may take."""
    feedback: bool = False
    """Have the Space send visitors' feedback to the private dataset NAMESPACE/reeltalk-feedback,
    which its token must be allowed to write; where it is not given, what the Space does already."""
    access: Flattened[HubAccess] = field(default_factory=HubAccess)

    def __post_init__(self) -> None:
        """Check names and ranges."""
        _check_tag(self.tag)
        known = self.hardware is None or _is(_FLAVOR, self.hardware)
        require(known, "--hardware", self.hardware, "a flavor's name, such as cpu-basic")
        require(1 <= self.wait_s, "--wait-s", self.wait_s, "1 or more")


@dataclass(frozen=True)
class UploadSpaceConfig(SpaceSettings):
    """Publish deployment/ as a Gradio Space that reads with the published models."""

    repo_id: str | None = None
    """Repo of the Space, owner/name; NAMESPACE/reeltalk where it is not given."""

    def __post_init__(self) -> None:
        """Check names and ranges."""
        super().__post_init__()
        _check_repo_id(self.repo_id)


@dataclass(frozen=True)
class PublishConfig(SpaceSettings):
    """Publish everything, or look after what is published."""

    action: Positional[Literal["all", "verify", "status", "rollback"]]
    """all: both models, the slang set and the Space; verify: hold what is on the Hub, and what the
    Space answers, against the receipts; status: print the receipts and what has become of them;
    rollback: put models and Space back to the release before."""


def _check_repo_id(repo_id: str | None) -> None:
    known = repo_id is None or (_is(_REPO_ID, repo_id) and len(repo_id) <= 96)
    require(known, "--repo-id", repo_id, "owner/name, of letters, digits, '-', '_' and '.'")


def _check_tag(tag: str | None) -> None:
    require(tag is None or _is(_NAME, tag), "--tag", tag, "letters, digits, '-', '_' and '.'")


def _is(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None and not text.endswith((".git", ".", "-"))
