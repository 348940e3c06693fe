import json
import shutil

import pytest
import torch

from reeltalk.base_model import encoder_shape, find_base, load_base
from reeltalk.errors import ReelTalkError
from reeltalk.sources import Source


@pytest.fixture
def copy(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path / "base")
    return tmp_path / "base"


def find(folder):
    return find_base(Source("path", str(folder)))


def test_a_distilbert_loads_with_two_named_labels(tiny_base):
    model, tokenizer = load_base(find(tiny_base), max_tokens=64, seed=0)
    assert model.config.id2label == {0: "NEGATIVE", 1: "POSITIVE"}
    assert encoder_shape(model.config) == "distilbert-2x32"
    assert tokenizer.model_max_length == 64
    output = model(**tokenizer("great film", return_tensors="pt"))
    assert output.logits.shape == (1, 2)


def test_attention_dropout_is_off_and_the_rest_stays(tiny_base):
    model, _ = load_base(find(tiny_base), 64, 0)
    assert model.config.attention_dropout == 0
    assert model.config.dropout == 0.1


@pytest.mark.parametrize("kind", ["distilbert", "bundled"])
def test_a_recipes_dropout_reaches_every_layer(tiny_base, kind):
    base = find(tiny_base) if kind == "distilbert" else find_base(Source("bundled", "bundled"))
    model, _ = load_base(base, 64, 0, dropout=0.0)
    rates = [layer.p for layer in model.modules() if isinstance(layer, torch.nn.Dropout)]
    assert rates
    assert set(rates) == {0}


def test_the_seed_decides_the_new_head(tiny_base):
    first, same, other = (
        load_base(find(tiny_base), 64, seed)[0].classifier.weight for seed in (1, 1, 2)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_a_trained_head_of_the_same_labels_is_kept(tiny_model):
    kept = load_base(find(tiny_model), 32, seed=5)[0].classifier.weight
    again = load_base(find(tiny_model), 32, seed=6)[0].classifier.weight
    assert torch.equal(kept, again)


def test_a_head_of_other_labels_is_drawn_anew(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "reversed")
    file = tmp_path / "reversed" / "config.json"
    config = json.loads(file.read_text())
    config["id2label"] = {"0": "POSITIVE", "1": "NEGATIVE"}
    file.write_text(json.dumps(config))
    trained = load_base(find(tiny_model), 32, seed=5)[0].classifier.weight
    drawn = load_base(find(tmp_path / "reversed"), 32, seed=5)[0].classifier.weight
    assert not torch.equal(trained, drawn)


def test_a_folder_without_weights_is_named(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ReelTalkError, match="no weights in model.safetensors .found none"):
        find(copy)
    (copy / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(ReelTalkError, match="only pytorch_model.bin, which can run code"):
        find(copy)


@pytest.mark.parametrize("size", [0, 4, 500, 5000])
def test_damaged_weights_are_named(copy, size):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(ReelTalkError, match="model.safetensors is damaged"):
        find(copy)


def test_a_folder_that_is_no_model_is_said(tmp_path):
    with pytest.raises(ReelTalkError, match="config.json is missing, so this is no model folder"):
        find(tmp_path)


def test_a_folder_without_tokenizer_is_said(copy):
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ReelTalkError, match="tokenizer.json is missing"):
        find(copy)


def test_a_file_is_no_base(tiny_base):
    with pytest.raises(ReelTalkError, match="is a file; give the model's folder"):
        find(tiny_base / "config.json")


def test_an_unknown_architecture_is_said_in_one_line(copy):
    (copy / "config.json").write_text(json.dumps({"model_type": "no-such-model"}))
    with pytest.raises(ReelTalkError) as error:
        load_base(find(copy), 64, 0)
    assert "\n" not in str(error.value)
    assert "no-such-model" in str(error.value)


def test_remote_code_is_never_run(copy, tmp_path):
    marker = tmp_path / "ran"
    (copy / "evil.py").write_text(f"open({str(marker)!r}, 'w')")
    config = json.loads((copy / "config.json").read_text())
    config["auto_map"] = {"AutoModelForSequenceClassification": "evil.Model"}
    (copy / "config.json").write_text(json.dumps(config))
    load_base(find(copy), 64, 0)
    assert not marker.exists()


def test_the_bundled_encoder_is_the_pretrained_minilm():
    base = find_base(Source("bundled", "bundled"))
    model, tokenizer = load_base(base, 256, 0)
    assert encoder_shape(model.config) == "bert-6x384"
    assert len(tokenizer) == 30522


def test_an_encoder_whose_head_has_no_bias_is_taken(tiny_base, tmp_path):
    from transformers import ModernBertConfig, ModernBertModel

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    config = ModernBertConfig(
        vocab_size=600, num_hidden_layers=2, pad_token_id=0, max_position_embeddings=64, **sizes
    )
    ModernBertModel(config).save_pretrained(tmp_path)
    for file in tiny_base.glob("tokenizer*"):
        shutil.copy(file, tmp_path)
    model, _ = load_base(find_base(Source("path", str(tmp_path))), 32, 0)
    assert model.classifier.out_features == 2
