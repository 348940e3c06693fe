import random

from reeltalk.duplicates import find_duplicates

WORDS = [f"word{number}" for number in range(3000)]


def text(seed, length=200):
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def changed(original, changes, seed=0):
    words = original.split()
    for position in random.Random(seed).sample(range(len(words)), changes):
        words[position] = "changed"
    return " ".join(words)


def test_copies_are_found_whatever_their_case_markup_and_punctuation():
    original = "A fine film, really. I liked it!"
    copies = ["a fine film really I liked it", "A FINE film,<br /><br />really... I liked it"]
    assert find_duplicates(copies, [original]).all()


def test_near_copies_are_found():
    original = text(1)
    assert find_duplicates([changed(original, 4)], [text(2), original]).all()


def test_texts_that_share_a_part_are_kept():
    original = text(1)
    half = " ".join(original.split()[:100]) + " " + text(3, 100)
    assert not find_duplicates([half, changed(original, 60), text(4)], [original]).any()


def test_short_texts_are_compared_whole():
    assert find_duplicates(["Great film!", "Great"], ["great film"]).tolist() == [True, False]


def test_common_phrases_do_not_make_copies():
    phrase = "one of the best films i have ever seen in my life "
    texts = [phrase + text(seed, 15) for seed in range(200)]
    assert not find_duplicates(texts[:100], texts[100:]).any()


def test_nothing_repeats_nothing():
    assert find_duplicates([], ["a"]).tolist() == []
    assert find_duplicates(["a"], []).tolist() == [False]
