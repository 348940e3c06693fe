"""The arrows of the house: what may import what, read from the README's tree."""

import ast
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.readme import tree_paths

SCRIPTS = ("train_model.py", "augment_slang.py", "upload_model.py", "upload_space.py")
INFERENCE_KNOWS = {
    "httpx2",
    "huggingface_hub",
    "numpy",
    "onnxruntime",
    "reeltalk_inference",
    "tokenizers",
}
ORDER = [
    re.sub(r"\.py$", "", path.split("/")[1])
    for path in tree_paths()
    if re.fullmatch(r"reeltalk/[a-z_]+(\.py|/)", path)
]


def imported(file):
    """Every module that a file imports anywhere, its own relative names resolved."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module


def room(module):
    return module.split(".")[1] if "." in module else module


def test_the_tree_lists_every_room_of_reeltalk():
    rooms = {
        path.stem
        for path in (REPOSITORY / "reeltalk").iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }
    assert set(ORDER) == rooms
    assert len(ORDER) == len(rooms)


@pytest.mark.parametrize("name", ORDER)
def test_a_room_imports_only_what_stands_above_it(name):
    place = REPOSITORY / "reeltalk" / name
    files = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    allowed = {*ORDER[: ORDER.index(name)], name}
    for file in files:
        for module in imported(file):
            if module.split(".")[0] == "reeltalk":
                assert room(module) in allowed, f"{file} imports {module}"
            assert module.split(".")[0] not in ("tests", "benchmarks", "app"), file


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_a_docstring_and_a_call(script):
    text = (REPOSITORY / script).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert {module.split(".")[0] for module in imported(REPOSITORY / script)} == {"reeltalk"}


def test_inference_knows_nothing_of_training():
    for file in (REPOSITORY / "deployment" / "reeltalk_inference").glob("*.py"):
        foreign = {
            module.split(".")[0]
            for module in imported(file)
            if module.split(".")[0] not in INFERENCE_KNOWS | set(sys.stdlib_module_names)
        }
        allowed = {"torch"} if file.name == "torch_engine.py" else set()
        assert foreign <= allowed, f"{file} imports {foreign}"


def test_a_copy_of_deployment_reads_a_model_alone(tmp_path, tiny_model):
    shutil.copytree(REPOSITORY / "deployment", tmp_path / "space")
    program = (
        "import sys\n"
        "from reeltalk_inference import Predictor\n"
        f"predictor = Predictor.from_folder({str(tiny_model)!r})\n"
        "verdict = predictor.predict(['the acting is great'])[0]\n"
        "print(verdict.label, 'torch' in sys.modules, 'transformers' in sys.modules)\n"
    )
    # -S and an explicit path: the editable install of the checkout is out of reach.
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.append({packages!r})\n{program}"],
        cwd=tmp_path / "space",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.split() == ["POSITIVE", "False", "False"], ran.stderr


def test_nothing_but_the_room_hub_writes_to_the_hub():
    writing = r"\.(create_commit|create_repo|upload_\w+|push_to_hub|add_space_\w+|delete_repo)\b"
    for file in sorted((REPOSITORY / "reeltalk").rglob("*.py")):
        writes = re.search(writing, file.read_text(encoding="utf-8"))
        assert not writes or file.parent.name == "hub", f"{file}: {writes[0]}"
