"""A Space as a machine: the stages it goes through, its settings and its logs.

Nothing is built or run: a test writes the stages, and may name the address of an app it started.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.hub.repos import timestamp

NO_APP = ["NO_APP_FILE"]
BUILDS = ["BUILDING", "APP_STARTING", "RUNNING"]

FIRST_CARD = """---
title: {name}
emoji: 🎬
colorFrom: gray
colorTo: gray
sdk: {sdk}
pinned: false
---
"""


@dataclass
class Space:
    """What is known of a Space beside its files.

    Attributes:
        host: where its app answers; a test may put the address of an app that really runs.
        builds: how many times a build was started.
    """

    id: str
    host: str = ""
    hardware: str | None = None
    requested_hardware: str = "cpu-basic"
    sleep_time_s: int = 48 * 3600
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    build_log: list[str] = field(default_factory=list)
    run_log: list[str] = field(default_factory=list)
    error_message: str | None = None
    sha: str | None = None
    builds: int = 0
    _script: list[str] | None = None
    _usual: list[str] = field(default_factory=lambda: list(NO_APP))
    _ahead: list[str] = field(default_factory=lambda: list(NO_APP))

    def __post_init__(self) -> None:
        self.host = self.host or f"https://{self.subdomain}.hf.space"

    @property
    def subdomain(self) -> str:
        """The name under hf.space."""
        return re.sub(r"[^a-z0-9]+", "-", self.id.lower())

    @property
    def stages(self) -> list[str]:
        """The stages that are still to come; each look at the runtime takes one, the last stays."""
        return self._ahead

    @stages.setter
    def stages(self, stages: list[str]) -> None:
        self._script = list(stages)
        self._ahead = list(stages)

    @property
    def stage(self) -> str:
        """The stage it is in."""
        return self._ahead[0]

    def build(self, usual: list[str], sha: str) -> None:
        """Build a commit: through the stages that a test wrote, or else through the usual ones."""
        self._usual = usual
        self.sha = sha
        self.restart()

    def restart(self) -> None:
        """Build what is there once more."""
        self.builds += 1
        self._ahead = list(self._script or self._usual)

    def pause(self) -> None:
        """Stop until it is restarted."""
        self._ahead = ["PAUSED"]

    def look(self) -> dict[str, Any]:
        """Describe the stage it is in, and go to the next one."""
        shown = self.describe()
        if len(self._ahead) > 1:
            self._ahead.pop(0)
        return shown

    def describe(self) -> dict[str, Any]:
        """The runtime as the API shows it."""
        if self.stage == "RUNNING":
            self.hardware = self.requested_hardware
        running = int(self.stage == "RUNNING")
        return {
            "stage": self.stage,
            "hardware": {"current": self.hardware, "requested": self.requested_hardware},
            "storage": None,
            "gcTimeout": self.sleep_time_s,
            "errorMessage": self.error_message if self.stage.endswith("ERROR") else None,
            "replicas": {"current": running, "requested": 1},
            "devMode": False,
            "domains": [{"domain": f"{self.subdomain}.hf.space", "stage": "READY"}],
            "sha": self.sha,
        }

    def configure(self, wanted: dict[str, Any]) -> None:
        """Take the settings that create_repo may send along."""
        self.requested_hardware = wanted.get("hardware") or self.requested_hardware
        self.sleep_time_s = wanted.get("sleepTimeSeconds") or self.sleep_time_s
        for each in wanted.get("secrets") or []:
            self.secrets[each["key"]] = each
        for each in wanted.get("variables") or []:
            self.variables[each["key"]] = each

    def shown(self, what: str) -> dict[str, Any]:
        """Variables with, secrets without their values."""
        hidden = {"secrets": {"value"}}.get(what, set())
        return {
            key: {name: value for name, value in each.items() if name not in hidden}
            for key, each in getattr(self, what).items()
        }

    def set(self, what: str, entry: dict[str, Any]) -> None:
        """Write a secret or a variable, and start again."""
        entry = entry | {"updatedAt": timestamp(datetime.now(UTC))}
        getattr(self, what)[entry["key"]] = entry
        self._restart_if_built()

    def unset(self, what: str, key: str) -> None:
        """Forget a secret or a variable, and start again."""
        getattr(self, what).pop(key, None)
        self._restart_if_built()

    def _restart_if_built(self) -> None:
        if self._ahead != NO_APP:
            self.restart()


def stages_of_files(card: dict[str, Any], paths: set[str]) -> list[str]:
    """What a build of a Space comes to, by its card and its files."""
    sdk = card.get("sdk")
    if sdk is None:
        return ["CONFIG_ERROR"]
    usual = {"gradio": "app.py", "streamlit": "app.py", "docker": "Dockerfile"}
    app_file = card.get("app_file", usual.get(sdk, "index.html"))
    if app_file not in paths:
        return NO_APP
    return ["RUNNING"] if sdk == "static" else BUILDS
