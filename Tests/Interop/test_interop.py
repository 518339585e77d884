#!/usr/bin/env python3
"""Checks the second reader against Tests/Vectors and the worked examples of Protocol.md, and, if asked, against a bundle that a writer made:

    python3 Tests/Interop/test_interop.py
    demo-cli bundle export corpus.bundle && demo-cli status --json > status.json
    python3 Tests/Interop/test_interop.py --bundle corpus.bundle --status status.json

It needs no packages. It says what differs and exits with 1 if anything does.
"""

import argparse
import copy
import json
import random
import re
import sys
import uuid
from pathlib import Path

sys.dont_write_bytecode = True

import dicta
import ed25519
import replica
import session
from dicta import Birth, Cell, Envelope, Group, Head, Op, Reference, Text
from wire import Malformed, counted, tagged_hash, text_hash

TESTS = Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "Documentation" / "Protocol.md"
ACTIONS = {dicta.CREATE: "create", dicta.EDIT: "edit", dicta.DELETE: "delete", dicta.RESTORE: "restore"}


class Difference(Exception):
    pass


def same(found, expected, what):
    # As JSON, so that true differs from 1.
    found, expected = (json.dumps(one, sort_keys=True, ensure_ascii=False) for one in (found, expected))
    if found != expected:
        raise Difference(f"{what}\n      expected {expected[:600]}\n      found    {found[:600]}")


# ---- The vectors' JSON --------------------------------------------------------------------------------------------------------------


def entity_json(entity):
    return f"{entity.type}/{uuid.UUID(bytes=entity.id)}"


def read_entity(text):
    type, id = text.split("/")
    return Reference(type, uuid.UUID(id).bytes)


def value_json(value):
    if isinstance(value, Reference):
        return {"reference": entity_json(value)}
    if isinstance(value, Text):
        return {"text": value.hash.hex()}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [value_json(one) for one in value]
    if isinstance(value, dict):
        return {"record": {name: value_json(one) for name, one in value.items()}}
    return value


def read_json_value(written):
    if isinstance(written, list):
        return [read_json_value(one) for one in written]
    if not isinstance(written, dict):
        return written
    ((kind, content),) = written.items()
    if kind == "record":
        return {name: read_json_value(one) for name, one in content.items()}
    return {"bytes": bytes.fromhex, "reference": read_entity, "text": lambda hash: Text(bytes.fromhex(hash))}[kind](content)


def head_json(head, id="id"):
    return {"origin": head.origin.hex(), "sequence": number_json(head.sequence), id: head.id.hex()}


def number_json(number):
    """Numbers above 2⁵³ are strings in the vectors."""
    return number if number <= 2**53 else str(number)


def cell_json(cell):
    if cell.kind == dicta.ELEMENT:
        return {"field": cell.field, "element": value_json(dicta.read_value(cell.part))}
    return {"field": cell.field, **({"key": cell.part.decode("utf-8")} if cell.kind == dicta.KEY else {})}


def read_cell(written):
    if "element" in written:
        return Cell(written["field"], dicta.ELEMENT, dicta.write_value(read_json_value(written["element"])))
    if "key" in written:
        return Cell(written["field"], dicta.KEY, written["key"].encode("utf-8"))
    return Cell(written["field"], dicta.FIELD, b"")


def pairs_json(pairs):
    return [{"line": line, "sequence": sequence} for line, sequence in pairs]


def group_json(group):
    ops = [{**cell_json(op.cell), "value": value_json(op.value), "overwrites": pairs_json(op.overwrites)} for op in group.ops]
    return {"entity": entity_json(group.entity), "action": ACTIONS[group.action], "ops": ops,
            "overwrites": pairs_json(group.overwrites), "seen": pairs_json(group.seen)}


def read_json_group(written):
    def pairs(list):
        return [(pair["line"], pair["sequence"]) for pair in list]

    ops = [Op(read_cell(op), read_json_value(op["value"]), pairs(op["overwrites"])) for op in written["ops"]]
    action = {name: number for number, name in ACTIONS.items()}[written["action"]]
    return Group(read_entity(written["entity"]), action, ops, pairs(written["overwrites"]), pairs(written["seen"]))


def read_json_head(written):
    return Head(bytes.fromhex(written["origin"]), int(written["sequence"]), bytes.fromhex(written.get("id", written.get("prefix"))))


def envelope_json(envelope):
    birth = envelope.birth and dict(publicKey=envelope.birth.public_key.hex(), nonce=envelope.birth.nonce.hex(), device=envelope.birth.device)
    written = {"dependencies": list(map(head_json, envelope.dependencies)), "writtenAt": number_json(envelope.written_at)}
    rest = {"author": envelope.author, "note": envelope.note, "continued": envelope.continued or None, "birth": birth}
    return {**written, **{name: content for name, content in rest.items() if content is not None}}


def message_json(type, fields):
    def content(name, one):
        if isinstance(one, list):
            return [content(name, inner) for inner in one]
        if isinstance(one, Head):
            return head_json(one, "prefix" if len(one.id) == 16 else "id")
        if isinstance(one, dict):
            return {inner: content(inner, two) for inner, two in one.items()}
        if name == "corpus":
            return str(uuid.UUID(bytes=one))
        if isinstance(one, bytes):
            return one.hex()
        return number_json(one) if isinstance(one, int) and not isinstance(one, bool) else one

    meaning = content(None, fields)
    if type == dicta.SNAPSHOT:
        meaning["id"] = dicta.snapshot_id(fields).hex()
        meaning["isSigned"] = ed25519.verify(fields["publicKey"], dicta.signed_snapshot(fields), fields["signature"])
    return meaning


# ---- The vectors: each of these raises Malformed or Missing for what a reader refuses ------------------------------------------------


def check_value(vector, data):
    value = dicta.read_value(data)
    same(value_json(value), vector.get("value"), "the value")
    return dicta.write_value(read_json_value(vector["value"]))


def check_body(vector, data):
    body = dicta.read_body(data)
    same([group_json(group) for group in body.groups], vector.get("groups"), "the groups")
    same([head_json(line) for line in body.lines], vector["lines"], "the lines")
    same(body.hash.hex(), vector["hash"], "the body's hash")
    return dicta.write_body(list(map(read_json_group, vector["groups"])), list(map(read_json_head, vector["lines"])))


def check_header(vector, data):
    envelope = dicta.read_envelope(data)
    same(envelope_json(envelope), vector.get("envelope"), "the envelope")
    body, previous = dicta.read_body(bytes.fromhex(vector["body"])), vector["previous"]
    same(body.hash.hex(), vector["bodyHash"], "the body's hash")
    header = dicta.header(bytes.fromhex(vector["origin"]), vector["sequence"], previous and bytes.fromhex(previous), data, body.hash)
    same(dicta.change_id(header).hex(), vector["id"], "the change's id")
    if envelope.birth:
        same(envelope.birth.origin(uuid.UUID(vector["corpus"]).bytes).hex(), vector["origin"], "the origin")
    return dicta.write_envelope(envelope)


def check_message(vector, data):
    fields = dicta.read_message(vector["type"], data)
    same(message_json(vector["type"], fields), vector.get("meaning"), "the meaning")
    written = dicta.write_message(vector["type"], fields)
    if "understood" in vector:
        same(written.hex(), vector["understood"], "what was understood")
        return data
    return written


def check_frames(vector, data):
    messages = dicta.read_stream(data, vector["allowsCompression"])
    found = [{"type": type, "content": content.hex()} for type, content in messages]
    same(found, vector.get("messages"), "the messages")
    return dicta.PREFACE + b"".join(dicta.write_frame(kind, payload) for kind, payload in dicta.read_frames(data))


def check_state(vector, data):
    def version(written):
        return bytes.fromhex(written["origin"]), written["sequence"]

    cells = []
    for cell in vector["cells"]:
        cells.append((read_cell(cell), [(version(one["version"]), read_json_value(one["value"])) for one in cell["survivors"]]))
    tombstones = [(version(one["version"]), list(map(version, one["seen"]))) for one in vector["tombstones"]]
    return replica.entity_hash(read_entity(vector["entity"]), cells, tombstones, list(map(version, vector["restores"])))


def merged(corpus, changes):
    made = replica.Replica(uuid.UUID(corpus).bytes)
    for written in changes:
        change = read_change(written)
        made.texts.update(change.body.texts)  # they don't come with the vectors
        made.take(change)
    return made


def read_change(written):
    previous = written["previous"] and bytes.fromhex(written["previous"])
    change = replica.read_change(bytes.fromhex(written["origin"]), written["sequence"], previous,
                                 bytes.fromhex(written["envelope"]), bytes.fromhex(written["body"]))
    if change.id.hex() != written["id"]:
        raise Malformed("another id than the one it is known by")
    return change


def state_json(made):
    entities, lives = [], made.lives()
    for name, entity in sorted(made.entities.items()):
        cells = []
        for cell, survivors in sorted(entity.cells.items()):
            latest_first = sorted(survivors, key=made.latest, reverse=True)
            cells.append({
                **cell_json(cell), "shown": value_json(made.shown(cell, survivors)),
                "survivors": [{"version": version.hex(), "value": value_json(survivors[version])} for version in latest_first],
            })
        tombstones = [{"version": one.hex(), "seen": [version.hex() for version in seen]} for one, seen in sorted(entity.tombstones.items())]
        entities.append({"entity": entity_json(name), "lives": name in lives, "created": entity.created, "cells": cells,
                         "tombstones": tombstones, "restores": sorted(one.hex() for one in entity.restores)})
    return entities


def sorted_survivors(entities):
    """The order of survivors and versions in a vector has no meaning."""
    for entity in entities:
        for cell in entity["cells"]:
            cell["survivors"].sort(key=lambda one: one["version"])
        entity["tombstones"].sort(key=lambda one: one["version"])
        for one in entity["tombstones"]:
            one["seen"].sort()
        entity["restores"].sort()
    return sorted(entities, key=lambda one: one["entity"])


def check_merge(vector, data):
    made = merged(vector["corpus"], vector["changes"])
    for order in range(5):
        same(sorted_survivors(state_json(made)), sorted_survivors(vector["entities"]) if vector["valid"] else None, "the state")
        same([head_json(head) for head in made.heads()], vector["heads"], "the heads")
        same(made.digest().hex(), vector["hex"], "the digest")
        made = merged(vector["corpus"], shuffled(vector, random.Random(order)))
    return data


def shuffled(vector, chance):
    """The changes in another order, causes first."""
    rest, order, made = list(vector["changes"]), [], merged(vector["corpus"], [])
    while rest:
        for written in chance.sample(rest, len(rest)):
            change = read_change(written)
            made.texts.update(change.body.texts)
            try:
                made.take(change)
            except replica.Missing:
                continue
            order.append(written)
            rest.remove(written)
            break
    return order


# In the files below, what isn't valid is a result that a reader must not come to.


def comes_to(found, told):
    if found != told:
        raise Malformed(f"{found} comes out instead of {told}")


def check_liveness(vector, data):
    for order in [vector["changes"]] + [shuffled(vector, random.Random(seed)) for seed in range(5)]:
        comes_to(sorted(map(entity_json, merged(vector["corpus"], order).lives())), sorted(vector["living"]))
    return data


def check_id(vector, data):
    if "url" in vector:
        comes_to(dicta.canonical_url(vector["url"].encode("utf-8")).decode("utf-8"), vector["canonical"])
    else:
        comes_to(dicta.derived_id(vector["kind"], *map(bytes.fromhex, vector["parts"])).hex(), vector["hex"])
    return data


def check_heads(vector, data):
    if vector["kind"] == "set":
        comes_to(dicta.heads_hash(map(read_json_head, vector["heads"])), data)
        return data
    statement = dicta.signed_bytes(uuid.UUID(vector["corpus"]).bytes, read_json_head(vector["head"]))
    same(statement.hex(), vector["statement"], "the statement")
    comes_to(ed25519.verify(bytes.fromhex(vector["publicKey"]), statement, data), True)
    return data


def check_chain(vector, data):
    sequence, previous, open_, runs = int(vector["firstSequence"]), vector["previous"], [], []
    for written in vector["changes"]:
        change = read_change({**written, "origin": vector["origin"], "sequence": sequence, "previous": previous})
        birth = change.envelope.birth
        comes_to([sequence == 1, sequence == 1], [previous is None, birth is not None])
        comes_to(birth.origin(uuid.UUID(vector["corpus"]).bytes) if birth else change.origin, change.origin)
        open_.append(number_json(sequence))
        if not change.envelope.continued:
            runs, open_ = runs + [open_], []
        sequence, previous = sequence + 1, written["id"]
    same(runs, vector["runs"], "the runs")
    return data


def check_segments(vector, data):
    made = replica.Replica(uuid.UUID(vector["corpus"]).bytes)
    for before in vector["before"]:
        made.take_message(dicta.read_message(dicta.CHANGES, bytes.fromhex(before)))
    refusal, after, held, texts = None, copy.deepcopy(made), len(made.changes), len(made.texts)
    try:
        fields = dicta.read_message(dicta.CHANGES, data)
        after.take_message(fields)
        made = after
        received = len(made.changes) - held
        sent = sum(len(segment["changes"]) for segment in fields["segments"])
        same([received, sent - received, len(made.texts) - texts], [vector["received"], vector["known"], vector["texts"]] if vector["valid"] else None,
             "what was received, known, and the texts that are new")
    except (Malformed, replica.Missing) as raised:
        refusal = raised
    same(dicta.heads_hash(made.heads()).hex(), vector["heads"], "the heads")
    same(made.digest().hex(), vector["digest"], "the digest")
    if refusal:
        raise refusal
    return data


def check_session(vector, data):
    for role, sides in (("caller", ("caller", "answerer")), ("answerer", ("answerer", "caller"))):
        if not vector["valid"] and vector["role"] != role:
            continue
        side = vector[sides[0]] if vector["valid"] else vector
        stream = bytes.fromhex(vector[sides[1]]["stream"] if vector["valid"] else vector["hears"])
        made, meetings = replica.Replica(uuid.UUID(side["corpus"]).bytes), []
        for held in side["holds"]:
            if "changes" in held:
                made.take_message(dicta.read_message(dicta.CHANGES, bytes.fromhex(held["changes"])))
            else:
                same(dicta.heads_hash(made.heads()).hex(), held["meeting"], "the heads of a meeting")
                meetings.insert(0, (dicta.heads_hash(made.heads()), set(made.changes)))
        one = session.Session(made, role == "caller", bytes.fromhex(side["nonce"]), meetings, vector.get("byteLimit", dicta.MEBIBYTE))
        try:
            for type, content in dicta.stream_messages(stream, allows_compression=False):
                one.hear(type, dicta.read_message(type, content))
        except Malformed as refusal:
            if one.state not in ("finished", "failed"):
                one.fail(None if str(refusal).startswith("cut") else 3)
        told = [MESSAGES[type] + (f" {fields['code']}" if type == dicta.REFUSAL else "") for type, fields in one.said]
        after = {"corpus": str(uuid.UUID(bytes=one.replica.corpus)), "heads": dicta.heads_hash(one.replica.heads()).hex(),
                 "digest": one.replica.digest().hex()}
        same(told, side["messages" if vector["valid"] else "says"], f"what the {role} says")
        same(after, side["after"], f"what the {role} holds then")
        if vector["valid"]:
            said = [dicta.read_message(type, content) for type, content in dicta.read_stream(bytes.fromhex(side["stream"]), False)]
            for (type, fields), theirs in zip(one.said, said):
                for name in fields:
                    same(message_json(type, {name: fields[name]}), message_json(type, {name: theirs[name]}), f"{role}'s {MESSAGES[type]}")
        if one.state != "finished":
            raise Malformed("the session failed")
    return data


MESSAGES = {1: "HELLO", 2: "HEADS", 3: "RUNGS", 4: "CHANGES", 5: "END", 6: "ACK", 7: "REFUSAL", 8: "SNAPSHOT", 9: "CHUNK"}
CHECKS = {"values": check_value, "bodies": check_body, "headers": check_header, "messages": check_message, "frames": check_frames,
          "states": check_state, "merges": check_merge, "liveness": check_liveness, "ids": check_id, "heads": check_heads,
          "chains": check_chain, "segments": check_segments, "sessions": check_session}


def check_vectors(report):
    for path in sorted((TESTS / "Vectors").glob("*.json")):
        check = CHECKS.get(path.stem)
        if not check:
            report.differs(path.name, "there is no reader for this file")
            continue
        valid = invalid = 0
        for vector in json.loads(path.read_text("utf-8")):
            name, data = f"{path.name}, “{vector['name']}”", bytes.fromhex(vector.get("hex", ""))
            try:
                written = check(vector, data)
            except (Malformed, replica.Missing) as refusal:
                if vector["valid"]:
                    report.differs(name, f"is refused: {refusal}")
                invalid += 1
                continue
            except Difference as difference:
                report.differs(name, str(difference) if vector["valid"] else f"isn't refused, or not as told: {difference}")
                continue
            if not vector["valid"]:
                report.differs(name, "isn't refused")
            elif written != data:
                report.differs(name, f"comes out as other bytes\n      expected {data.hex()[:600]}\n      found    {written.hex()[:600]}")
            valid += 1
        report.says(f"{path.name}: {valid} valid, {invalid} invalid")


# ---- The worked examples of Protocol.md, section 26 ---------------------------------------------------------------------------------


def hex_of(block):
    """The bytes of a block of the page: comments stand behind two spaces or more."""
    return bytes.fromhex("".join(re.split(r"\s{2,}", line.strip())[0] for line in block.strip("\n").split("\n")))


def named_hex(block):
    return {name: bytes.fromhex(hash) for name, hash in re.findall(r"^([a-z ]+?) +([0-9a-f]{32,64})$", block, re.M)}


def code_blocks(part):
    return re.findall(r"^```\n(.*?)^```", part, re.S | re.M)


def run_of_bytes(fact):
    """“40 41 42 … 5f”"""
    return bytes(range(int(fact.split()[0], 16), int(fact.split()[-1], 16) + 1))


def check_examples(report):
    page = PAGE.read_text("utf-8")
    section = page.split("\n## 26 Worked example\n")[1]
    titles = ["first"] + re.findall(r"^### (.*)$", section, re.M)
    parts = dict(zip(titles, re.split(r"^### .*$", section, flags=re.M)))
    readers = {"first": example_change, "A second example, for readers": example_edit,
               "A signed head, a segment and a session": example_session, "Derived ids": example_ids,
               "A digest with everything in it": example_digest}
    known = {}
    for title in titles:
        if title in readers:
            readers[title](report, parts[title], known)
        else:
            report.differs(f"Protocol.md, “{title}”", "there is no reader for this example")
    for value, form in re.findall(r"^\| (.+) \| (`[0-9a-f `,]+`) \|$", page.split("\n## 4 ")[1].split("\n## 5 ")[0], re.M):
        for written in re.findall(r"`(.*?)`", form):
            report.example(f"value {value}", dicta.write_value(dicta.read_value(hex_of(written))), hex_of(written))
    for url, canonical in re.findall(r"^\| `([^`]*:[^`]*)` \| `([^`]*)` \|$", page.split("\n## 22 ")[1].split("\n## 23 ")[0], re.M):
        report.example(f"canonical {url}", dicta.canonical_url(url.encode("utf-8")).decode("utf-8"), canonical)
    report.says(f"Protocol.md: {report.examples} examples")


def example_change(report, part, known):
    facts = dict(re.findall(r"^\| ([a-z ]+) \| (?:\d+ bytes: )?`?(.+?)`? \|$", part, re.M))
    corpus, claim = uuid.UUID(facts["corpus"]).bytes, Reference("claim", uuid.UUID(facts["id of the claim"]).bytes)
    birth = Birth(run_of_bytes(facts["public key"]), run_of_bytes(facts["nonce"]), facts["device label"])
    envelope = Envelope([], int(facts["written at"]), facts["author"], None, False, birth)
    origin, table, group, body, hashes, written, header, id, state = code_blocks(part)
    ops = [Op(Cell("tags", dicta.ELEMENT, dicta.write_value("dam")), True, []), Op(Cell("text", dicta.FIELD, b""), "The dam holds.", [])]
    made = dicta.write_body([Group(claim, dicta.CREATE, ops, [], [])], [])
    read = dicta.read_body(made)
    state, digest = state.split("\n\n")
    for name, found, expected in [
        ("origin", birth.origin(corpus), hex_of(origin)), ("body", made, hex_of(body)),
        ("table and group", made, dicta.message((1, hex_of(table)), (2, hex_of(group)))),
        ("table hash", tagged_hash("dicta.table.1", counted(hex_of(table))), named_hex(hashes)["table"]),
        ("group hash", tagged_hash("dicta.group.1", counted(hex_of(group))), named_hex(hashes)["group"]),
        ("body hash", read.hash, named_hex(hashes)["body"]), ("envelope", dicta.write_envelope(envelope), hex_of(written)),
        ("header", dicta.header(birth.origin(corpus), 1, None, hex_of(written), read.hash), hex_of(header)),
        ("change id", dicta.change_id(hex_of(header)), hex_of(id)),
        ("entity state", tagged_hash("dicta.entity.1", counted(hex_of(state))), named_hex(digest)["digest"]),
    ]:
        report.example(name, found, expected)
    alone = replica.Replica(corpus)
    alone.take(replica.read_change(birth.origin(corpus), 1, None, hex_of(written), made))
    report.example("digest", alone.digest(), named_hex(digest)["digest"])
    known.update(corpus=corpus, claim=claim, birth=birth, envelope=envelope, body=made, id=hex_of(id), digest=alone.digest())


def example_edit(report, part, known):
    written, body, hashes, first = code_blocks(part)
    read, (body_hash, id) = dicta.read_body(hex_of(body)), re.findall(r"[0-9a-f]{64}", hashes)
    report.example("second envelope", dicta.write_envelope(dicta.read_envelope(hex_of(written))), hex_of(written))
    report.example("second body", dicta.write_body(read.groups, read.lines), hex_of(body))
    report.example("second body hash", read.hash, bytes.fromhex(body_hash))
    header = dicta.header(known["birth"].origin(known["corpus"]), 2, known["id"], hex_of(written), read.hash)
    report.example("second change id", dicta.change_id(header), bytes.fromhex(id))
    report.example("first group, read", group_text(read.groups[0]), re.sub(r" {2,}over", "  over", first).strip())
    report.example("actions", [(ACTIONS[group.action], entity_json(group.entity)) for group in read.groups[1:]],
                   re.findall(r"(create|restore|delete) `([a-z]+/[0-9a-f-]+)`", part))


def example_session(report, part, known):
    facts, statement, segment, caller, other, hello = code_blocks(part)
    facts, (statement, signature) = named_hex(facts), map(hex_of, statement.split("\n\n"))
    seed, a, b = [run_of_bytes(bytes_) for bytes_ in re.findall(r"`([0-9a-f]{2} (?:[0-9a-f]{2} )*… [0-9a-f]{2})`", part)]
    key, made = ed25519.sign(seed, statement)
    report.example("public key", key, facts["public key"])
    report.example("signature", made, signature)
    birth = known["birth"]._replace(public_key=key)
    envelope = dicta.write_envelope(known["envelope"]._replace(birth=birth))
    change = replica.read_change(birth.origin(known["corpus"]), 1, None, envelope, known["body"])
    head = Head(change.origin, 1, change.id)
    no_heads, heads = dicta.heads_hash([]), dicta.heads_hash([head])
    report.example("signed origin", change.origin, facts["origin"])
    report.example("signed change", change.id, facts["change id"])
    report.example("heads", heads, facts["heads"])
    report.example("no heads", no_heads.hex(), re.search(r"hash of no heads is\s*`(.*?)`", part)[1])
    report.example("statement", dicta.signed_bytes(known["corpus"], head), statement)
    sent = {"origin": change.origin, "firstSequence": 1, "previous": None, "signature": signature,
            "changes": [{"envelope": envelope, "body": known["body"]}]}
    report.example("segment", dicta.write_segment(sent), hex_of(segment))

    def stream(heads, nonce, adopts, names, segments, new, hash):
        told = {"oldestVersion": 1, "newestVersion": 1, "corpus": known["corpus"], "mayAdopt": adopts, "heads": heads, "nonce": nonce,
                "takesCompression": False, "remembered": []}
        messages = [(dicta.HELLO, told), (dicta.HEADS, {"base": None, "names": names})]
        messages += [(dicta.CHANGES, {"texts": [], "segments": segments})] if segments else []
        messages += [(dicta.END, {}), (dicta.ACK, {"changes": new, "texts": 0, "heads": hash})]
        return dicta.PREFACE + b"".join(dicta.write_frame(type, dicta.write_message(type, fields)) for type, fields in messages)

    made = stream(heads, a, False, [head._replace(id=head.id[:16])], [sent], 0, heads)
    report.example("what the caller sends", made, hex_of(caller))
    report.example("what the other one sends", stream(no_heads, b, True, [], [], 1, heads), hex_of(other))
    report.example("HELLO, read", made[8 : 8 + len(hex_of(hello.replace("  10 01", " 10 01")))], hex_of(hello.replace("  10 01", " 10 01")))
    for told in (hex_of(caller), hex_of(other)):
        dicta.read_stream(told)
    taken = replica.Replica(known["corpus"])
    taken.take_segment(sent)
    report.example("signed digest differs", taken.digest() != known["digest"], True)


def example_ids(report, part, known):
    text = re.search(r"With the text \"(.*?)\", whose hash", part)[1]
    hash = text_hash(text.encode("utf-8"))
    report.example("text hash", hash, bytes.fromhex(re.search(r"[0-9a-f]{64}", part)[0]))
    for what, id in re.findall(r"^\| (.+) \| `([0-9a-f-]{36})` \|$", part, re.M):
        quoted = re.findall(r"`(.*?)`", what)
        if what.startswith("article at"):
            found = dicta.derived_id("article.url", dicta.canonical_url(quoted[0].encode("utf-8")))
        elif what.startswith("article without"):
            found = dicta.derived_id("article.text", quoted[0].encode("utf-8"), hash)
        else:
            holder = read_entity(quoted[0])
            found = dicta.derived_id("stance", holder.type.encode("utf-8"), holder.id, known["claim"].id)
        report.example(what, str(uuid.UUID(bytes=found)), id)


def example_digest(report, part, known):
    keys = re.findall(r"`([0-9a-f]{2} [0-9a-f]{2} … [0-9a-f]{2})`", part)
    origins = {"first": known["birth"].origin(known["corpus"]), "second": Birth(*map(run_of_bytes, keys), "").origin(known["corpus"])}
    report.example("second origin", origins["second"].hex(), re.search(r"`([0-9a-f]{32})`", part)[1])
    (block,) = code_blocks(part)

    def versions(text):
        return [(origins[which], int(at)) for which, at in re.findall(r"(first|second) (\d+)", text)]

    cells, tombstones, restores = [], [], []
    for line in block.split("\n\n")[0].splitlines():
        what, rest = line.split(maxsplit=1)
        if what == "tombstone":
            tombstones.append((versions(rest)[0], versions(rest)[1:]))
        elif what == "restore":
            restores += versions(rest)
        else:
            field, element, key = re.fullmatch(r"(\w+)(?:\[\"(.*)\"\])?(?:\.(.*))?", what).groups()
            cell = read_cell({"field": field, **({"element": element} if element else {}), **({"key": key} if key else {})})
            cells.append((cell, list(zip(versions(rest), map(json.loads, re.findall(r"\d: (\S+)", rest))))))
    found = replica.entity_hash(known["claim"], cells, tombstones, restores)
    report.example("entity hash", found, named_hex(block)["entity hash"])
    total = sum(int.from_bytes(one, "big") for one in (found, known["digest"])) % 2**256
    report.example("sum", total.to_bytes(32, "big"), named_hex(block)["plus the digest above"])


def group_text(group):
    """A group as the page spells it."""
    lines = [f"{ACTIONS[group.action]} {entity_json(group.entity)}"]
    for op in group.ops:
        cell = cell_json(op.cell)
        name = cell["field"] + (f"[{json.dumps(cell['element'])}]" if "element" in cell else f".{cell['key']}" if "key" in cell else "")
        over = ", and ".join(f"line {line}, sequence {sequence}" for line, sequence in op.overwrites)
        lines.append(f"  {name} = {json.dumps(op.value)}" + (f"  over {over}" if over else ""))
    return "\n".join(lines)


# ---- A bundle -----------------------------------------------------------------------------------------------------------------------


def check_bundle(report, bundle, status):
    """Reads the bundle as an empty replica would."""
    try:
        hello, names, changes = dicta.read_bundle(Path(bundle).read_bytes())
        made = replica.Replica(hello["corpus"])
        missing = sum(made.take_message(message, leaves_out=True) for message in changes)
    except Malformed as refusal:
        return report.differs(bundle, f"is refused: {refusal}")
    heads, conflicts = made.heads(), list(made.conflicts())
    report.says(f"{bundle}: {len(made.changes)} changes, {len(made.signatures)} signed, {len(made.texts)} texts, {len(made.entities)} entities"
                f" ({len(made.lives())} live), {len(conflicts)} conflicts, {made.forks()} forks; {missing} segments left out")
    if missing:
        return report.differs(bundle, "it rests on changes that it doesn't hold, so it can't be compared: export all of the corpus")
    try:
        same([head_json(head._replace(id=head.id[:16])) for head in heads], list(map(head_json, names)), "HEADS of the bundle")
        same(dicta.heads_hash(heads).hex(), hello["heads"].hex(), "the hash of heads in the bundle's HELLO")
        if status:
            told = json.loads(Path(status).read_text("utf-8"))
            same(str(uuid.UUID(bytes=made.corpus)), told["corpus"], "the corpus")
            same([head_json(head) for head in heads], told["heads"], "the heads")
            same(made.digest().hex(), told["digest"], "the digest")
            lives = [name.type for name in made.lives()]
            same({kind: lives.count(kind[:-1]) for kind in told["counts"]}, told["counts"], "the counts of what lives")
            same([len(conflicts), made.forks()], [told["conflicts"], told["forks"]], "the numbers of conflicts and forks")
    except Difference as difference:
        report.differs(bundle, str(difference))


class Report:
    def __init__(self):
        self.differences = self.examples = 0

    def says(self, line):
        print(line)

    def differs(self, name, how):
        self.differences += 1
        print(f"  DIFFERENT  {name}: {how}")

    def example(self, name, found, expected):
        self.examples += 1
        if found != expected:
            found, expected = (one.hex() if isinstance(one, bytes) else one for one in (found, expected))
            self.differs(f"Protocol.md, {name}", f"\n      expected {expected}\n      found    {found}")


def check_signatures(report):
    """RFC 8032, 7.1, the third test."""
    seed = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
    key, signature = ed25519.sign(seed, b"\xaf\x82")
    report.example("Ed25519 key", key.hex(), "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    report.example("Ed25519", [ed25519.verify(key, text, signature) for text in (b"\xaf\x82", b"\xaf")], [True, False])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bundle", help="a file that `demo-cli bundle export` wrote")
    arguments.add_argument("--status", help="what `demo-cli status --json` said")
    arguments = arguments.parse_args()
    report = Report()
    check_signatures(report)
    check_vectors(report)
    check_examples(report)
    if arguments.bundle:
        check_bundle(report, arguments.bundle, arguments.status)
    print("Nothing differs." if not report.differences else f"{report.differences} differences.")
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
