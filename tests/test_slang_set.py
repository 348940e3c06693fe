import pytest

from reeltalk.errors import ReelTalkError
from reeltalk.slang import read_slang

HEADER = "text,label,term,template,kind,split"
FIRST = "so mid,negative,mid,t,plain,seen"


def write(tmp_path, *rows):
    file = tmp_path / "slang.csv"
    file.write_text("\n".join([HEADER, FIRST, *rows]) + "\n")
    return file


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("hi,good,mid,t,plain,seen", "label 'good' is unknown; use negative or positive"),
        ("hi,negative,mid,t,plain,held", "split 'held' is unknown"),
        (FIRST, "the text of line 2 again"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_value(tmp_path, row, message):
    with pytest.raises(ReelTalkError, match=f"slang.csv, line 3: {message}"):
        read_slang(write(tmp_path, row))


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "slang.csv").write_text("text,label\nhi,negative\n")
    with pytest.raises(ReelTalkError, match="columns term, template, kind, split are missing"):
        read_slang(tmp_path / "slang.csv")


def test_splits_come_as_labelled_reviews(tmp_path):
    slang = read_slang(
        write(tmp_path, "so fire,positive,fire,t,plain,unseen-both", "meh,negative,m,t,p,seen")
    )
    assert slang.of_split("seen").texts == ["so mid", "meh"]
    assert slang.of_split("seen").labels == [0, 0]
    assert [row["text"] for row in slang.held_out().rows] == ["so fire"]
