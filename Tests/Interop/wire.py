"""Strict Protocol Buffers (Protocol.md, section 1) and the hashes (section 2)."""

import hashlib

NUMBER, BYTES = 0, 2  # the two wire types

ONCE, OPTIONAL, REPEATED = "always written", "may be left out", "repeated"

MEBIBYTE = 1_048_576


class Malformed(Exception):
    """A reader refuses what holds this, and everything that came with it."""


def require(condition, what):
    if not condition:
        raise Malformed(what)


# ---- Reading ----------------------------------------------------------------------------------------------------------------------


def read_varint(data, at):
    """The number at `at`, and where it ends."""
    number = shift = 0
    for index in range(10):
        require(at + index < len(data), "a number is cut")
        byte = data[at + index]
        require(index < 9 or byte <= 1, "a number of more than 64 bits")
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            require(byte != 0 or index == 0, "a number is longer than it needs to be")
            return number, at + index + 1
    raise Malformed("a number of more than 10 bytes")


def read_packed(data):
    numbers, at = [], 0
    while at < len(data):
        number, at = read_varint(data, at)
        numbers.append(number)
    require(numbers, "a packed field is empty")
    return numbers


def read_fields(data, shape, skipped=()):
    """The fields of a message, by name.

    `shape` maps a field's number to its name, its reader and how often it stands. A reader that is `number` or made by `number_in` takes
    a varint; any other takes the bytes. Fields whose numbers are in `skipped` are passed over, each at most once.
    """
    found = {name: [] if often is REPEATED else None for name, _, often in shape.values()}
    seen, at, last = set(), 0, 0
    while at < len(data):
        tag = data[at]
        field, wire = tag >> 3, tag & 7
        require(tag < 128 and field > 0 and wire in (NUMBER, BYTES), f"a tag {tag}")
        require(field >= last, "fields out of order")
        name, reader, often = shape.get(field, ("", None, OPTIONAL))
        require(reader or field in skipped, f"an unknown field {field}")
        require(field not in seen or often is REPEATED, f"field {field} stands twice")
        seen.add(field)
        last = field
        content, at = read_varint(data, at + 1)
        if wire == BYTES:
            require(content <= len(data) - at, "a length beyond the end")
            content, at = data[at : at + content], at + content
        if not reader:
            continue
        require(wire == (NUMBER if getattr(reader, "is_number", False) else BYTES), f"field {field} has the wrong wire type")
        content = reader(content)
        if often is REPEATED:
            found[name].append(content)
        else:
            found[name] = content
    for field, (name, _, often) in shape.items():
        require(often is not ONCE or field in seen, f"no field {field}, {name}")
    return found


def number(value):
    return value


number.is_number = True


def number_in(least, most=2**64 - 1):
    def reader(value):
        require(least <= value <= most, f"a number {value} outside of its range")
        return value

    reader.is_number = True
    return reader


flag = number_in(1, 1)  # written only when set


def octets(size=None, limit=None):
    def reader(data):
        require(size is None or len(data) == size, f"{len(data)} bytes instead of {size}")
        require(limit is None or len(data) <= limit, f"{len(data)} bytes, more than {limit}")
        return bytes(data)

    return reader


def string(limit=None):
    def reader(data):
        require(limit is None or len(data) <= limit, f"a string of {len(data)} bytes, more than {limit}")
        try:
            return bytes(data).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a string that is not UTF-8") from None

    return reader


def pieces(size, most=None):
    """Byte strings of one size, one after the other; at least one."""

    def reader(data):
        require(data and len(data) % size == 0, f"{len(data)} bytes for pieces of {size}")
        require(most is None or len(data) // size <= most, "too many pieces")
        return [bytes(data[at : at + size]) for at in range(0, len(data), size)]

    return reader


# ---- Writing ----------------------------------------------------------------------------------------------------------------------


def varint(value):
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def packed(numbers):
    return b"".join(map(varint, numbers)) or None


def message(*fields):
    """(number, content) in ascending order. An integer is a varint, text and bytes have a length, None is left out, a list is repeated."""
    written = bytearray()
    for field, content in fields:
        for one in content if isinstance(content, list) else [content]:
            if one is None:
                continue
            if isinstance(one, int):
                written += varint(field << 3 | NUMBER) + varint(int(one))
            else:
                one = one.encode("utf-8") if isinstance(one, str) else one
                written += varint(field << 3 | BYTES) + varint(len(one)) + one
    return bytes(written)


# ---- Hashes -----------------------------------------------------------------------------------------------------------------------


def tagged_hash(domain, *parts):
    return hashlib.sha256(domain.encode("ascii") + b"\0" + b"".join(parts)).digest()


def counted(part):
    return len(part).to_bytes(4, "big") + part


def text_hash(text):
    return hashlib.sha256(text).digest()
