import json

import pytest

from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews, read_reviews
from reeltalk.sources import Source


def read(place, **columns):
    return read_reviews(Source("path", str(place)), ReviewSource(**columns))[0]


def csv(tmp_path, *rows, header="text,label", name="my.csv"):
    file = tmp_path / name
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("negative", "positive"),
    [("0", "1"), ("neg", "pos"), ("Negative", " POSITIVE "), ("0", "positive")],
)
def test_common_label_values_are_understood(tmp_path, negative, positive):
    file = csv(tmp_path, f"bad,{negative}", f"good,{positive}")
    assert read(file)["all"] == Reviews(["bad", "good"], [0, 1])


def test_labels_of_other_types_are_understood(tmp_path):
    file = tmp_path / "my.jsonl"
    labels = [0, 1.0, True, False]
    file.write_text("\n".join(json.dumps({"text": "x", "label": label}) for label in labels))
    assert read(file)["all"].labels == [0, 1, 1, 0]


def test_other_values_are_mapped_or_dropped(tmp_path):
    file = csv(tmp_path, "bad,1", "so so,3", "good,5")
    mapped = read(file, label_map=("1=negative", "3=drop", "5=positive"))
    assert mapped["all"] == Reviews(["bad", "good"], [0, 1])


def test_unknown_values_are_named_with_the_flag_that_maps_them(tmp_path):
    file = csv(tmp_path, "bad,1 star", "good,5 stars")
    with pytest.raises(ReelTalkError) as error:
        read(file)
    assert "1 star, 5 stars" in str(error.value)
    assert "wanted 0/1 or negative/positive" in str(error.value)
    assert "--label-map 1 star=negative" in str(error.value)


def test_every_value_has_to_be_mapped_also_those_that_look_known(tmp_path):
    """Of stars from 1 to 5, the 1 is no POSITIVE."""
    file = csv(tmp_path, *(f"film {stars},{stars}" for stars in range(1, 6)))
    with pytest.raises(ReelTalkError, match="are 1, 2, 3, 4, 5; .* map each of them"):
        read(file)
    partly = tuple(f"{stars}=drop" for stars in range(2, 6))
    with pytest.raises(ReelTalkError, match="--label-map 1=negative"):
        read(file, label_map=partly)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.5", "null", "[]"])
def test_a_label_that_is_no_label_is_said(tmp_path, value):
    file = tmp_path / "my.jsonl"
    file.write_text(f'{{"text": "x", "label": {value}}}\n')
    with pytest.raises(ReelTalkError, match="the label values in column 'label' are"):
        read(file)


def test_a_file_without_rows_is_said(tmp_path):
    with pytest.raises(ReelTalkError, match=r"my.csv: 0 labelled rows"):
        read(csv(tmp_path))


@pytest.mark.parametrize(
    ("header", "missing"), [("review,label", "text"), ("text,sentiment", "label")]
)
def test_a_missing_column_is_named_with_those_found_and_the_flag(tmp_path, header, missing):
    with pytest.raises(ReelTalkError) as error:
        read(csv(tmp_path, "fine,1", header=header))
    assert f"no column '{missing}'; found {header.replace(',', ', ')}" in str(error.value)
    assert f"--{missing}-column" in str(error.value)


def test_other_column_names_are_taken(tmp_path):
    file = csv(tmp_path, "good,pos", header="review,sentiment")
    columns = read(file, text_column="review", label_column="sentiment")
    assert columns["all"].texts == ["good"]


def test_rows_without_text_are_counted_and_named(tmp_path):
    rows = [f"fine {i},1" for i in range(12)]
    for i in (0, 4, 11):
        rows[i] = "  ,1"
    with pytest.raises(ReelTalkError, match=r"3 rows hold no text in 'text' \(rows 1, 5, 12\)"):
        read(csv(tmp_path, *rows))


def test_rows_whose_text_is_no_text_are_named(tmp_path):
    file = tmp_path / "my.jsonl"
    file.write_text('{"text": 7, "label": 1}\n{"text": null, "label": 0}\n')
    with pytest.raises(ReelTalkError, match=r"2 rows hold no text .*rows 1, 2"):
        read(file)


def test_files_are_named_after_their_splits(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    csv(folder, "a,0", name="train-00000-of-00002.csv")
    csv(folder, "b,1", name="train-00001-of-00002.csv")
    csv(folder, "c,1", name="my_test.csv")
    csv(folder, "d,1", name="dev.csv")
    parts = read(folder)
    assert {name: part.texts for name, part in parts.items()} == {
        "train": ["a", "b"],
        "test": ["c"],
        "validation": ["d"],
    }


def test_a_split_column_is_followed(tmp_path):
    file = csv(tmp_path, "a,0,train", "b,1,test", header="text,label,split")
    assert {name: part.texts for name, part in read(file).items()} == {
        "train": ["a"],
        "test": ["b"],
    }


def test_a_split_column_is_followed_inside_a_folder(tmp_path):
    csv(tmp_path, "a,0,Train", "b,1,TEST", header="text,label,split", name="reviews.csv")
    csv(tmp_path, "c,1", name="train.csv")
    assert {name: part.texts for name, part in read(tmp_path).items()} == {
        "train": ["c", "a"],
        "test": ["b"],
    }


def test_a_split_column_of_another_meaning_is_not(tmp_path):
    file = csv(tmp_path, "a,0,left", "b,1,right", header="text,label,split")
    assert read(file)["all"].texts == ["a", "b"]


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(ReelTalkError, match="no file of reviews here"):
        read(tmp_path)


def test_unlabelled_splits_of_the_hub_are_left_out(tmp_path):
    file = csv(tmp_path, "good,1,train", "?,-1,test", header="text,label,split")
    assert set(read(file)) == {"train"}


def test_the_hash_knows_texts_labels_and_order():
    reviews = Reviews(["a", "b"], [0, 1])
    assert reviews.sha256() == Reviews(["a", "b"], [0, 1]).sha256()
    others = [Reviews(["b", "a"], [1, 0]), Reviews(["a", "b"], [1, 1]), Reviews(["a"], [0])]
    assert all(reviews.sha256() != other.sha256() for other in others)


def test_a_split_of_another_name_beside_known_ones_is_said(tmp_path):
    file = csv(tmp_path, "a,0,train", "b,1,holdout", header="text,label,split")
    with pytest.raises(ReelTalkError, match="the column 'split' holds holdout besides"):
        read(file)


def test_negative_ones_beside_ones_have_to_be_mapped(tmp_path):
    """-1 marks unlabelled rows on the Hub and negative rows elsewhere: who has both must say."""
    file = csv(tmp_path, "bad,-1", "good,1")
    with pytest.raises(ReelTalkError, match="are -1, 1; .* --label-map -1=negative"):
        read(file)
    assert read(file, label_map=("-1=negative", "1=positive"))["all"].labels == [0, 1]


def test_rows_to_drop_may_be_empty(tmp_path):
    file = csv(tmp_path, "bad,1", ",3", "good,5")
    mapped = read(file, label_map=("1=negative", "3=drop", "5=positive"))
    assert mapped["all"].texts == ["bad", "good"]
