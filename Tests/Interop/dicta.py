"""A second reader of the format that Documentation/Protocol.md describes, written from that page alone.

wire.py      strict Protocol Buffers and the hashes
ed25519.py   signatures
dicta.py     values, bodies, headers, segments, messages, frames, bundles, ids (this file)
replica.py   what a receiver checks; branches, merge, shown values, conflicts, liveness, digest
session.py   one side of a session

Python 3.8 or later, nothing but its standard library. The tests: python3 Tests/Interop/test_interop.py
"""

import zlib
from typing import NamedTuple, Optional

from wire import (MEBIBYTE, ONCE, OPTIONAL, REPEATED, Malformed, counted, flag, message, number, number_in, octets, packed, pieces,
                  read_fields, read_packed, require, string, tagged_hash)

NAME_LIMIT, VALUE_LIMIT, MESSAGE_LIMIT, TEXT_LIMIT = 1024, 65_536, 20 * MEBIBYTE, 16 * MEBIBYTE
DEEPEST = 16

# ---- Values (section 4): None, bool, int, str, bytes, Reference, Text, list, and dict for a record ----------------------------------


class Reference(NamedTuple):
    type: str
    id: bytes


class Text(NamedTuple):
    hash: bytes


def entry(entries, index):
    require(index < len(entries), "an index that the table doesn't have")
    return entries[index]


class Table(NamedTuple):
    """What the indexed form names by index."""

    entities: list
    names: list
    texts: list


def read_value(data, table=None, depth=0):
    """A value in the indexed form where there is a table, else in the explicit form."""
    require(depth <= DEEPEST, "a value nested too deep")

    def inner(inside):
        return read_value(inside, table, depth + 1)

    def list_(inside):
        return read_fields(inside, {1: ("values", inner, REPEATED)})["values"]

    def member(inside):
        name = (1, ("name", number, ONCE)) if table else (2, ("name", string(NAME_LIMIT), ONCE))
        fields = read_fields(inside, dict([name, (3, ("value", inner, ONCE))]))
        return entry(table.names, fields["name"]) if table else fields["name"], fields["value"]

    def record(inside):
        members = read_fields(inside, {1: ("members", member, REPEATED)})["members"]
        names = [name.encode("utf-8") for name, _ in members]
        require(all(a < b for a, b in zip(names, names[1:])), "members out of order")
        return dict(members)

    def reference(inside):
        shape = {1: ("type", string(NAME_LIMIT), ONCE), 2: ("id", octets(16), ONCE)}
        return Reference(**read_fields(inside, shape))

    shape = {
        1: ("flag", number_in(0, 1), OPTIONAL),
        2: ("integer", number, OPTIONAL),
        3: ("string", string(), OPTIONAL),
        4: ("bytes", octets(), OPTIONAL),
        7: ("list", list_, OPTIONAL),
        8: ("record", record, OPTIONAL),
    }
    if table:
        shape.update({5: ("entity", number, OPTIONAL), 6: ("text", number, OPTIONAL)})
    else:
        shape.update({9: ("reference", reference, OPTIONAL), 10: ("hash", octets(32), OPTIONAL)})
    found = [(name, content) for name, content in read_fields(data, shape).items() if content is not None]
    require(len(found) <= 1, "a value with two fields")
    for name, content in found:
        if name == "flag":
            return content == 1
        if name == "integer":
            return content >> 1 ^ -(content & 1)
        if name == "entity":
            return entry(table.entities, content)
        if name in ("text", "hash"):
            return Text(entry(table.texts, content) if table else content)
        return content
    return None


class Explicit:
    """Names things in full."""

    reference = staticmethod(lambda value: (9, message((1, value.type), (2, value.id))))
    text = staticmethod(lambda value: (10, value.hash))
    member = staticmethod(lambda name: (2, name))


class Indexed:
    """Gives everything its index when it is first named (section 5)."""

    def __init__(self):
        self.entities, self.names, self.texts = {}, {}, {}

    def entity(self, value):
        return self.entities.setdefault(value, len(self.entities))

    def name(self, value):
        return self.names.setdefault(value, len(self.names))

    def reference(self, value):
        return 5, self.entity(value)

    def text(self, value):
        return 6, self.texts.setdefault(value.hash, len(self.texts))

    def member(self, name):
        return 1, self.name(name)


def write_value(value, naming=Explicit):
    if value is None:
        return b""
    if isinstance(value, bool):
        return message((1, value))
    if isinstance(value, int):
        return message((2, 2 * value if value >= 0 else -2 * value - 1))
    if isinstance(value, str):
        return message((3, value))
    if isinstance(value, bytes):
        return message((4, value))
    if isinstance(value, Reference):
        return message(naming.reference(value))
    if isinstance(value, Text):
        return message(naming.text(value))
    if isinstance(value, list):
        return message((7, message((1, [write_value(one, naming) for one in value]))))
    members = []
    for name in sorted(value, key=lambda name: name.encode("utf-8")):
        members.append(message(naming.member(name), (3, write_value(value[name], naming))))
    return message((8, message((1, members))))


def references(value):
    """All references inside a value."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from references(one)


# ---- Heads --------------------------------------------------------------------------------------------------------------------------


class Head(NamedTuple):
    """Sorts as the page sorts heads. With 16 bytes of the id it is a head name."""

    origin: bytes
    sequence: int
    id: bytes

    def encoded(self):
        return message((1, self.origin), (2, self.sequence), (3, self.id))

    def counted(self):
        return self.origin + self.sequence.to_bytes(8, "big") + self.id


def read_head(size):
    shape = {1: ("origin", octets(16), ONCE), 2: ("sequence", number_in(1), ONCE), 3: ("id", octets(size), ONCE)}
    return lambda data: Head(**read_fields(data, shape))


def heads_hash(heads):
    return tagged_hash("dicta.heads.1", *[head.counted() for head in sorted(heads)])


def signed_bytes(corpus, head):
    return b"dicta.head.1\0" + corpus + head.counted()


# ---- Bodies (section 5) -------------------------------------------------------------------------------------------------------------

CREATE, EDIT, DELETE, RESTORE = 1, 2, 3, 4
FIELD, ELEMENT, KEY = 0, 1, 2


class Cell(NamedTuple):
    """Sorts as the digest sorts cells. `part` is an element's explicit form or a key, as bytes."""

    field: str
    kind: int
    part: bytes


class Op(NamedTuple):
    cell: Cell
    value: object
    overwrites: list


class Group(NamedTuple):
    entity: Reference
    action: int
    ops: list
    overwrites: list
    seen: list


class Body(NamedTuple):
    groups: list
    lines: list
    texts: list
    hash: bytes


def read_versions(data):
    numbers = read_packed(data)
    require(len(numbers) % 2 == 0, "an odd count of numbers")
    pairs = list(zip(numbers[::2], numbers[1::2]))
    require(all(a < b for a, b in zip(pairs, pairs[1:])), "versions out of order")
    require(all(line < 2**31 and sequence > 0 for line, sequence in pairs), "a version with such a line or sequence")
    return pairs


def read_table(data):
    run = {1: ("type", number, ONCE), 2: ("ids", pieces(16), ONCE)}
    fields = read_fields(data, {
        1: ("runs", lambda inside: read_fields(inside, run), REPEATED),
        2: ("names", string(NAME_LIMIT), REPEATED),
        3: ("texts", pieces(32), OPTIONAL),
        4: ("lines", read_head(32), REPEATED),
    })
    table = Table([], fields["names"], fields["texts"] or [])
    for run in fields["runs"]:
        table.entities.extend(Reference(entry(table.names, run["type"]), id) for id in run["ids"])
    for entries in table:
        require(len(set(entries)) == len(entries), "an entry stands twice in a table")
    return table, fields["lines"]


def read_limited(data, table):
    value = read_value(data, table)
    explicit = write_value(value)
    require(len(explicit) <= VALUE_LIMIT, f"a value of {len(explicit)} bytes")
    return value, explicit


def read_op(data, table):
    fields = read_fields(data, {
        1: ("field", number, ONCE),
        2: ("element", lambda inside: read_limited(inside, table), OPTIONAL),
        3: ("key", string(NAME_LIMIT), OPTIONAL),
        4: ("value", lambda inside: read_limited(inside, table), ONCE),
        5: ("overwrites", read_versions, OPTIONAL),
    })
    field, value = entry(table.names, fields["field"]), fields["value"][0]
    cell = Cell(field, FIELD, b"")
    if fields["element"] is not None:
        require(fields["key"] is None, "an element and a key")
        require(value is None or value is True, "an element with another value than true or null")
        cell = Cell(field, ELEMENT, fields["element"][1])
    elif fields["key"] is not None:
        cell = Cell(field, KEY, fields["key"].encode("utf-8"))
    return Op(cell, value, fields["overwrites"] or [])


def read_group(data, table):
    fields = read_fields(data, {
        1: ("entity", number, ONCE),
        2: ("action", number_in(CREATE, RESTORE), ONCE),
        3: ("ops", lambda inside: read_op(inside, table), REPEATED),
        4: ("overwrites", read_versions, OPTIONAL),
        5: ("seen", read_versions, OPTIONAL),
    })
    action, ops = fields["action"], fields["ops"]
    require(action != EDIT or ops, "an edit that sets nothing")
    require(action != DELETE or not ops, "a delete that sets a cell")
    require(fields["overwrites"] is None or action in (DELETE, RESTORE), "field 4 in a create or an edit")
    require(fields["seen"] is None or action == DELETE, "field 5 outside of a delete")
    require(len({op.cell for op in ops}) == len(ops), "a cell is set twice")
    return Group(entry(table.entities, fields["entity"]), action, ops, fields["overwrites"] or [], fields["seen"] or [])


def read_body(data):
    require(len(data) <= MEBIBYTE, "a body that is too long")
    fields = read_fields(data, {1: ("table", octets(), ONCE), 2: ("groups", octets(), REPEATED)})
    table, lines = read_table(fields["table"])
    groups = [read_group(group, table) for group in fields["groups"]]
    require(groups, "a body without a group")
    require(len({group.entity for group in groups}) == len(groups), "two groups of one entity")
    # Runs, the order of the table and that every entry is used: all of it follows from the groups.
    require(write_body(groups, lines) == data, "the table isn't what the groups say")
    hashes = [tagged_hash("dicta.table.1", counted(fields["table"]))]
    hashes += [tagged_hash("dicta.group.1", counted(group)) for group in fields["groups"]]
    return Body(groups, lines, table.texts, tagged_hash("dicta.body.1", *hashes))


def write_body(groups, lines):
    naming, written = Indexed(), []

    def versions(pairs):
        return packed(number for pair in pairs for number in pair)

    for group in groups:
        entity, ops = naming.entity(group.entity), []
        for op in group.ops:
            field, kind, part = op.cell
            ops.append(message(
                (1, naming.name(field)),
                (2, write_value(read_value(part), naming) if kind == ELEMENT else None),
                (3, part if kind == KEY else None),
                (4, write_value(op.value, naming)),
                (5, versions(op.overwrites)),
            ))
        written.append(message((1, entity), (2, group.action), (3, ops), (4, versions(group.overwrites)), (5, versions(group.seen))))
    runs = []
    for entity in naming.entities:
        if not runs or runs[-1][0] != entity.type:
            runs.append((entity.type, b""))
        runs[-1] = (entity.type, runs[-1][1] + entity.id)
    runs = [message((1, naming.name(type)), (2, ids)) for type, ids in runs]
    table = message((1, runs), (2, list(naming.names)), (3, b"".join(naming.texts) or None), (4, [line.encoded() for line in lines]))
    return message((1, table), (2, written))


# ---- Headers (section 6) ------------------------------------------------------------------------------------------------------------


class Birth(NamedTuple):
    public_key: bytes
    nonce: bytes
    device: str

    def origin(self, corpus):
        return tagged_hash("dicta.origin.1", corpus, self.public_key, self.nonce)[:16]


class Envelope(NamedTuple):
    dependencies: list
    written_at: int
    author: Optional[str]
    note: Optional[str]
    continued: bool
    birth: Optional[Birth]


def read_envelope(data):
    require(len(data) <= MEBIBYTE, "an envelope that is too long")
    birth = {1: ("public_key", octets(32), ONCE), 2: ("nonce", octets(16), ONCE), 3: ("device", string(256), ONCE)}
    fields = read_fields(data, {
        4: ("dependencies", read_head(32), REPEATED),
        5: ("written_at", number, ONCE),
        6: ("author", string(256), OPTIONAL),
        7: ("note", string(4096), OPTIONAL),
        8: ("continued", flag, OPTIONAL),
        9: ("birth", lambda inside: Birth(**read_fields(inside, birth)), OPTIONAL),
    })
    return Envelope(**{**fields, "continued": bool(fields["continued"])})


def write_envelope(envelope):
    birth = envelope.birth
    return message(
        (4, [head.encoded() for head in envelope.dependencies]), (5, envelope.written_at), (6, envelope.author), (7, envelope.note),
        (8, 1 if envelope.continued else None),
        (9, message((1, birth.public_key), (2, birth.nonce), (3, birth.device)) if birth else None),
    )


def header(origin, sequence, previous, envelope, body_hash):
    """`envelope` as bytes, `previous` None at sequence 1."""
    return message((1, origin), (2, sequence), (3, previous)) + envelope + message((10, body_hash))


def change_id(header):
    return tagged_hash("dicta.change.1", counted(header))


# ---- Segments and messages (sections 10 and 17): fields have the names of the vectors -----------------------------------------------

HELLO, HEADS, RUNGS, CHANGES, END, ACK, REFUSAL, SNAPSHOT, CHUNK = range(1, 10)
CHUNK_SIZE = 262_144


def read_segment(data):
    change = {1: ("envelope", octets(limit=MEBIBYTE), ONCE), 2: ("body", octets(limit=MEBIBYTE), ONCE)}
    segment = read_fields(data, {
        1: ("origin", octets(16), ONCE),
        2: ("firstSequence", number_in(1), ONCE),
        3: ("previous", octets(32), OPTIONAL),
        4: ("changes", lambda inside: read_fields(inside, change), REPEATED),
        5: ("signature", octets(64), ONCE),
    })
    changes = segment["changes"]
    require((segment["firstSequence"] == 1) == (segment["previous"] is None), "the change before the first, or none")
    require(1 <= len(changes) <= 256, f"a segment of {len(changes)} changes")
    require(segment["firstSequence"] + len(changes) - 1 < 2**64, "a sequence of more than 64 bits")
    size = sum(len(change["envelope"]) + len(change["body"]) for change in changes)
    require(len(changes) == 1 or size <= MEBIBYTE, "a segment that is too long")
    return segment


def write_segment(segment):
    changes = [message((1, change["envelope"]), (2, change["body"])) for change in segment["changes"]]
    return message((1, segment["origin"]), (2, segment["firstSequence"]), (3, segment["previous"]), (4, changes), (5, segment["signature"]))


def refusal_code(value):
    return value if 1 <= value <= 8 else 7


refusal_code.is_number = True



def read_wish(data):
    wish = read_fields(data, {
        1: ("schemaVersion", number, ONCE), 2: ("id", octets(32), OPTIONAL), 3: ("chunks", number_in(0, 65_536), OPTIONAL),
    })
    require((wish["id"] is None) == (wish["chunks"] is None), "chunks of no snapshot, or a snapshot of no chunks")
    return wish


def write_wish(wish):
    return message((1, wish["schemaVersion"]), (2, wish["id"]), (3, wish["chunks"]))


def snapshot_id(fields):
    """Of what was read as SNAPSHOT, whether it is signed or not."""
    return tagged_hash("dicta.snapshot.1", counted(write_message(SNAPSHOT, {**fields, "signature": None})))


def signed_snapshot(fields):
    return b"dicta.sender.1\0" + snapshot_id(fields)


SHAPES = {
    HELLO: {
        1: ("oldestVersion", number, ONCE), 2: ("newestVersion", number, ONCE), 3: ("corpus", octets(16), ONCE),
        4: ("mayAdopt", flag, OPTIONAL), 5: ("heads", octets(32), ONCE), 6: ("nonce", octets(16), ONCE),
        7: ("takesCompression", flag, OPTIONAL), 8: ("remembered", pieces(32, most=16), OPTIONAL), 9: ("snapshot", read_wish, OPTIONAL),
    },
    HEADS: {1: ("base", octets(32), OPTIONAL), 2: ("names", read_head(16), REPEATED)},
    RUNGS: {1: ("names", read_head(16), REPEATED)},
    CHANGES: {1: ("texts", string(TEXT_LIMIT), REPEATED), 2: ("segments", read_segment, REPEATED)},
    END: {},
    ACK: {1: ("changes", number_in(0, 2**63 - 1), ONCE), 2: ("texts", number_in(0, 2**63 - 1), ONCE), 3: ("heads", octets(32), ONCE)},
    REFUSAL: {1: ("code", refusal_code, ONCE), 2: ("message", string(4096), ONCE)},
    SNAPSHOT: {
        1: ("corpus", octets(16), ONCE), 2: ("schemaVersion", number, ONCE), 3: ("byteCount", number_in(1, 1 << 34), ONCE),
        4: ("changes", number_in(1, (1 << 40) - 1), ONCE), 5: ("digest", octets(32), ONCE), 6: ("heads", read_head(32), REPEATED),
        7: ("chunkHashes", pieces(32), ONCE), 8: ("publicKey", octets(32), ONCE), 9: ("nonce", octets(16), ONCE), 10: ("signature", octets(64), ONCE),
    },
    CHUNK: {1: ("number", number_in(0, 65_535), ONCE), 2: ("content", octets(limit=CHUNK_SIZE), ONCE)},
}
CONTENT_LIMITS = {HELLO: 65_536, ACK: 128, REFUSAL: 8192, END: 0, CHUNK: CHUNK_SIZE + 16}


def read_message(type, content):
    require(type in SHAPES, f"a message of type {type}")
    require(len(content) <= CONTENT_LIMITS.get(type, MESSAGE_LIMIT), "a message that is too long")
    fields = read_fields(content, SHAPES[type], skipped=range(10, 16) if type == HELLO else ())
    if type == HELLO:
        fields.update(mayAdopt=bool(fields["mayAdopt"]), takesCompression=bool(fields["takesCompression"]))
        fields["remembered"] = fields["remembered"] or []
    if type in (HEADS, RUNGS):
        names = fields["names"]
        require(all(a < b for a, b in zip(names, names[1:])), "head names out of order")
        require(names or type == HEADS, "no rung")
    if type == CHANGES:
        texts = fields["texts"]
        require(len(texts) <= 65_536 and len(set(texts)) == len(texts), "too many texts, or one twice")
        require(1 <= len(fields["segments"]) <= 1024, "no segment, or too many")
    if type == SNAPSHOT:
        heads = fields["heads"]
        require(1 <= len(heads) <= 65_536 and all(a < b for a, b in zip(heads, heads[1:])), "heads out of order, too many, or none")
        require(len(fields["chunkHashes"]) == -(-fields["byteCount"] // CHUNK_SIZE), "not a hash for each chunk")
    if type == CHUNK:
        require(fields["content"], "a chunk without a byte")
    return fields


def write_message(type, fields):
    fields = dict(fields)
    if type == HELLO:
        fields.update(mayAdopt=fields["mayAdopt"] or None, takesCompression=fields["takesCompression"] or None)
        fields["remembered"] = b"".join(fields["remembered"]) or None
        fields["snapshot"] = write_wish(fields["snapshot"]) if fields.get("snapshot") else None
    if type == SNAPSHOT:
        fields["heads"] = [head.encoded() for head in fields["heads"]]
        fields["chunkHashes"] = b"".join(fields["chunkHashes"])
    if type in (HEADS, RUNGS):
        fields["names"] = [name.encoded() for name in fields["names"]]
    if type == CHANGES:
        fields["segments"] = [write_segment(segment) for segment in fields["segments"]]
    return message(*[(number, fields[name]) for number, (name, _, _) in SHAPES[type].items()])


# ---- Frames (section 18) ------------------------------------------------------------------------------------------------------------

PREFACE = bytes.fromhex("8964696374610d0a")
COMPRESSED, MORE = 64, 128


def write_frame(kind, payload):
    start = len(payload).to_bytes(4, "big") + bytes([kind])
    return start + zlib.crc32(start + payload).to_bytes(4, "big") + payload


def read_frames(data):
    """(kind, payload) of each frame."""
    require(data[:8] == PREFACE, "not a stream of frames, or one that was cut")
    at = 8
    while at < len(data):
        require(len(data) - at >= 9, "cut within a frame's header")
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4]
        require(length <= MEBIBYTE, "a frame that is too long")
        require(kind & 0x30 == 0 and kind & 15 in SHAPES, f"a frame of kind {kind}")
        payload = data[at + 9 : at + 9 + length]
        require(len(payload) == length, "cut within a frame")
        require(write_frame(kind, payload)[5:9] == data[at + 5 : at + 9], "a wrong checksum")
        yield kind, payload
        at += 9 + length


def inflate(data):
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, MESSAGE_LIMIT + 1)
    except zlib.error as error:
        raise Malformed(f"not zlib: {error}") from None
    require(len(content) <= MESSAGE_LIMIT, "inflates to too much")
    require(stream.eof and not stream.unused_data, "compressed content that is cut, or has bytes behind it")
    return content


def stream_messages(data, allows_compression=True):
    """(type, content) of one message after the other. Contents are checked, too."""
    first, payloads, size = None, [], 0
    for kind, payload in read_frames(data):
        type = kind & 15
        require(first is None or kind & ~MORE == first, "frames of another message within a message")
        require(payload or not kind & MORE, "an empty frame before the last")
        require(not kind & COMPRESSED or allows_compression and type in (HEADS, RUNGS, CHANGES, SNAPSHOT, CHUNK), "compressed where that isn't allowed")
        first, size = kind & ~MORE, size + len(payload)
        require(size <= CONTENT_LIMITS.get(type, MESSAGE_LIMIT), "a message whose frames are too long")
        payloads.append(payload)
        if not kind & MORE:
            content = b"".join(payloads)
            content = inflate(content) if kind & COMPRESSED else content
            read_message(type, content)
            yield type, content
            first, payloads, size = None, [], 0
    require(first is None, "cut within a message")


def read_stream(data, allows_compression=True):
    return list(stream_messages(data, allows_compression))


# ---- Bundles (section 20) -----------------------------------------------------------------------------------------------------------


def read_bundle(data):
    """HELLO, HEADS, and the list of CHANGES."""
    messages = [(type, read_message(type, content)) for type, content in read_stream(data)]
    types = [type for type, _ in messages]
    require(types == [HELLO, HEADS] + [CHANGES] * (len(types) - 3) + [END], f"messages {types} instead of a bundle's")
    hello, heads = messages[0][1], messages[1][1]
    require(hello["oldestVersion"] <= 1 <= hello["newestVersion"], "no version in common")
    require(not hello["mayAdopt"] and not hello["remembered"] and heads["base"] is None, "a HELLO or HEADS that no bundle has")
    return hello, heads["names"], [fields for type, fields in messages if type == CHANGES]


# ---- Ids (section 22) ---------------------------------------------------------------------------------------------------------------


def derived_id(kind, *parts):
    hashed = bytearray(tagged_hash("dicta.id.1", counted(kind.encode("utf-8")), *map(counted, parts))[:16])
    hashed[6] = hashed[6] & 0x0F | 0x80
    hashed[8] = hashed[8] & 0x3F | 0x80
    return bytes(hashed)


def canonical_url(url):
    """From bytes to bytes."""
    url = url.split(b"#", 1)[0]
    scheme, colon, rest = url.partition(b":")
    if not colon or not rest.startswith(b"//"):
        return url
    rest = rest[2:]
    end = min([at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0], default=len(rest))
    at = rest.rfind(b"@", 0, end) + 1
    user, host = rest[:at], rest[at:end]
    scheme, host = scheme.lower(), host.lower()  # bytes.lower turns A–Z into a–z and nothing else
    for port_scheme, port in ((b"http", b":80"), (b"https", b":443")):
        if scheme == port_scheme and host.endswith(port):
            host = host[: -len(port)]
    return scheme + b"://" + user + host + rest[end:]
