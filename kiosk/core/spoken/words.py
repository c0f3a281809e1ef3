"""Tables of words, and how far one word is from another."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table written as one text."""
    return frozenset(text.split())


def distance(first: str, second: str) -> int:
    """Count the letters to change, add or drop to get from one word to the other."""
    row = list(range(len(second) + 1))
    for i, left in enumerate(first, start=1):
        before, row[0] = row[0], i
        for j, right in enumerate(second, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]
