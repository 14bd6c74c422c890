"""Computes the shared vectors of canonical hashing again, with nothing but Python's standard library.

Usage: python3 check_vectors.py hashing.json

Prints one JSON object with how many values of each kind agree. Exits with 1 and names the first that does not.
"""

import hashlib
import json
import math
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


def hexed(data):
    return "0x" + data.hex()


def unhexed(text):
    return bytes.fromhex(text.removeprefix("0x"))


# RFC 8785, written from the standard.


def number(value):
    """A double as ECMAScript's Number::toString writes it."""
    if not math.isfinite(value):
        raise ValueError("not a number of JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # repr gives the shortest digits that read back as the same double: the digits that ECMAScript asks for.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits times ten to this power.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = "." + digits[1:] if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"


ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def string(value):
    out = []
    for character in value:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF:
            raise ValueError("half a surrogate pair")
        if character in ESCAPES:
            out.append(ESCAPES[character])
        elif code < 0x20:
            out.append(f"\\u{code:04x}")
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


def units(key):
    """The UTF-16 units of a key: the order of RFC 8785."""
    return key.encode("utf-16-be", "surrogatepass")


def canonical(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(entry) for entry in value) + "]"
    return "{" + ",".join(string(key) + ":" + canonical(value[key]) for key in sorted(value, key=units)) + "}"


def parse(text):
    # Every number of JSON is a double here, as it is in ECMAScript.
    return json.loads(text, parse_int=float)


# Tagged hashes, RFC 6962 trees and proofs, transcripts.


def tagged(label, data):
    return sha256(b"pawl/v1/" + label.encode() + b"\x00" + data)


def leaf(entry):
    return sha256(b"\x00" + entry)


def node(left, right):
    return sha256(b"\x01" + left + right)


def split(count):
    return 1 << (count - 1).bit_length() - 1


def root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def inclusion(index, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(index, leaves[:k]) + [root(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [root(leaves[:k])]


def consistency(first, leaves, known=True):
    if first == len(leaves):
        return [] if known else [root(leaves)]
    k = split(len(leaves))
    if first <= k:
        return consistency(first, leaves[:k], known) + [root(leaves[k:])]
    return consistency(first - k, leaves[k:], False) + [root(leaves[:k])]


def fingerprint(count, tree):
    return hexed(tagged("transcript", count.to_bytes(8, "big") + tree))


def leaves_of(count):
    return [leaf(bytes([index])) for index in range(count)]


def joined(hashes):
    return " ".join(hexed(hash) for hash in hashes)


def check_canonical(vector):
    text = canonical(parse(vector["input"]))
    yield "canonical", text, vector["canonical"]
    yield "sha256", hexed(sha256(text.encode("utf-8"))), vector["sha256"]


def check_refused(vector):
    try:
        yield "refusal", canonical(parse(vector["input"])), None
    except ValueError:
        return


def check_tagged(vector):
    yield "hash", hexed(tagged(vector["label"], unhexed(vector["data"]))), vector["hash"]


def check_tree(vector):
    tree = root(leaves_of(vector["count"]))
    yield "treeRoot", hexed(tree), vector["treeRoot"]
    yield "fingerprint", fingerprint(vector["count"], tree), vector["fingerprint"]


def check_inclusion(vector):
    yield "path", joined(inclusion(vector["index"], leaves_of(vector["count"]))), vector["path"]


def check_consistency(vector):
    yield "path", joined(consistency(vector["first"], leaves_of(vector["second"]))), vector["path"]


def check_transcript(vector):
    data = vector["text"].encode("utf-8")
    lines = data.split(b"\n")
    yield "end", lines.pop(), b""
    yield "count", len(lines), vector["count"]
    before = hexed(bytes(32))
    for index, line in enumerate(lines):
        event = parse(line.decode("utf-8"))
        yield "canonical line", canonical(event).encode("utf-8"), line
        yield "index", event["index"], index
        yield "prev", event["prev"], before
        before = hexed(leaf(line))
    yield "sha256", hexed(sha256(data)), vector["sha256"]
    yield "root", fingerprint(len(lines), root([leaf(line) for line in lines])), vector["root"]


CHECKS = {
    "canonical": check_canonical,
    "refused": check_refused,
    "tagged": check_tagged,
    "trees": check_tree,
    "inclusion": check_inclusion,
    "consistency": check_consistency,
    "transcripts": check_transcript,
}


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    if vectors.pop("v") != 1 or set(vectors) != set(CHECKS):
        return "other vectors than this program knows"
    counts = {}
    for kind, check in CHECKS.items():
        for vector in vectors[kind]:
            for what, actual, expected in check(vector):
                if actual != expected:
                    return f"{kind} {vector}: {what} is {actual!r}, expected {expected!r}"
        counts[kind] = len(vectors[kind])
    print(json.dumps(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
