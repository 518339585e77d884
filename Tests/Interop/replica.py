"""A replica in memory: what a receiver checks (Protocol.md, section 11), merge (12), liveness (13), digest (14), bundles (20)."""

from typing import NamedTuple, Optional

import ed25519
from dicta import (CREATE, DELETE, ELEMENT, KEY, RESTORE, Body, Envelope, Head, change_id, header, read_body, read_envelope,
                   read_value, references, signed_bytes, write_value)
from wire import counted, message, require, tagged_hash, text_hash


class Missing(Exception):
    """Something that a change rests on isn't held, or isn't applied."""


class Change(NamedTuple):
    origin: bytes
    sequence: int
    previous: Optional[bytes]
    envelope: Envelope
    body: Body
    id: bytes


def read_change(origin, sequence, previous, envelope, body):
    """From the bytes of envelope and body."""
    read = read_body(body)
    id = change_id(header(origin, sequence, previous, envelope, read.hash))
    return Change(origin, sequence, previous, read_envelope(envelope), read, id)


class Entity:
    def __init__(self):
        self.created = False
        self.cells = {}  # Cell: {version: value}
        self.tombstones = {}  # version: [version]
        self.restores = set()


class Replica:
    """Versions are change ids; `entities` maps a Reference to an Entity."""

    def __init__(self, corpus):
        self.corpus = corpus
        self.changes, self.applied, self.texts, self.entities = {}, set(), set(), {}
        self.signatures, self.offered = {}, set()

    # What a receiver checks

    def take_message(self, fields, leaves_out=False):
        """The segments of CHANGES. Returns how many were left out; without `leaves_out` a missing cause is raised."""
        self.offered = {text_hash(text.encode("utf-8")) for text in fields["texts"]}
        missing = 0
        for segment in fields["segments"]:
            try:
                self.take_segment(segment)
            except Missing:
                missing += 1
                if not leaves_out:
                    raise
        self.offered = set()
        return missing

    def take_segment(self, segment):
        sequence, previous, changes = segment["firstSequence"], segment["previous"], []
        for sent in segment["changes"]:
            changes.append(read_change(segment["origin"], sequence, previous, sent["envelope"], sent["body"]))
            sequence, previous = sequence + 1, changes[-1].id
        require(not any(change.envelope.dependencies for change in changes[1:]), "dependencies behind the first change of a segment")
        last, first = changes[-1], changes[0]
        self.check_place(first)
        key = (self.chain(first.previous)[-1] if first.previous else first).envelope.birth.public_key
        if last.id not in self.signatures:
            signed = signed_bytes(self.corpus, Head(last.origin, last.sequence, last.id))
            require(ed25519.verify(key, signed, segment["signature"]), "a signature that isn't valid")
        for change in changes:
            self.check_causes(change, within={one.id for one in changes})  # before anything is taken: all or nothing
        for change in changes:
            self.take(change)
        self.signatures[last.id] = segment["signature"]

    def check_place(self, change):
        """The birth and the change before."""
        birth = change.envelope.birth
        require((change.sequence == 1) == (birth is not None), "a birth, or none, where it should be")
        require((change.sequence == 1) == (change.previous is None), "a change before the first, or none")
        if birth:
            require(birth.origin(self.corpus) == change.origin, "a birth of another origin")
        else:
            self.held(change.origin, change.sequence - 1, change.previous)

    def check_causes(self, change, within=()):
        for line in change.envelope.dependencies + change.body.lines:
            if line.id not in within and self.held(*line).id not in self.applied:
                raise Missing("a dependency, or a further line, isn't applied")
        if not self.texts.union(self.offered).issuperset(change.body.texts):
            raise Missing("a text is neither held nor came along")

    def take(self, change):
        if change.id in self.changes:
            return
        self.check_place(change)
        continues = change.previous and self.changes[change.previous].envelope.continued
        require(not continues or not change.envelope.dependencies, "dependencies behind the first change of a run")
        self.check_causes(change)
        for group in change.body.groups:
            for pairs in [group.overwrites, group.seen] + [op.overwrites for op in group.ops]:
                self.versions(change, pairs)
        self.changes[change.id] = change
        self.texts.update(change.body.texts)
        if not change.envelope.continued:
            for one in reversed(self.run(change)):
                if one.id not in self.applied:
                    self.apply(one)

    # Chains

    def held(self, origin, sequence, id):
        change = self.changes.get(id)
        if change is None or (change.origin, change.sequence) != (origin, sequence):
            raise Missing(f"change {sequence} of {origin.hex()}")
        return change

    def chain(self, id):
        """The change and those before it, down to the first."""
        changes = []
        while id is not None:
            changes.append(self.changes[id])
            id = changes[-1].previous
        return changes

    def run(self, change):
        changes = [change]
        while changes[-1].previous and self.changes[changes[-1].previous].envelope.continued:
            changes.append(self.changes[changes[-1].previous])
        return changes

    def heads(self):
        """The changes that no other one follows: the last of each branch."""
        followed = {change.previous for change in self.changes.values()}
        return sorted(Head(change.origin, change.sequence, id) for id, change in self.changes.items() if id not in followed)

    def forks(self):
        """How many heads there are beyond one for each origin."""
        heads = self.heads()
        return len(heads) - len({head.origin for head in heads})

    def versions(self, change, pairs):
        """What pairs of line and sequence mean (section 7)."""
        ends = [change.previous] + [line.id for line in change.envelope.dependencies + change.body.lines]
        found = []
        for line, sequence in pairs:
            require(line < len(ends) and ends[line] is not None, "a version on a line that isn't there")
            at = self.changes[ends[line]]
            require(sequence <= at.sequence, "a version behind the end of its line")
            while at.sequence > sequence:
                at = self.changes[at.previous]
            found.append(at.id)
        return found

    # Merge

    def apply(self, change):
        self.applied.add(change.id)
        for group in change.body.groups:
            entity = self.entities.setdefault(group.entity, Entity())
            entity.created |= group.action == CREATE
            for version in self.versions(change, group.overwrites):
                entity.tombstones.pop(version, None)
                entity.restores.discard(version)
            if group.action == DELETE:
                entity.tombstones[change.id] = sorted(set(self.versions(change, group.seen)))
            if group.action == RESTORE:
                entity.restores.add(change.id)
            for op in group.ops:
                survivors = entity.cells.setdefault(op.cell, {})
                for version in self.versions(change, op.overwrites):
                    survivors.pop(version, None)
                survivors[change.id] = op.value

    def latest(self, version):
        """Survivors are shown by this, the greatest first."""
        return self.changes[version].envelope.written_at, version

    def shown(self, cell, survivors):
        if cell.kind == ELEMENT:
            return True if True in survivors.values() else None
        return survivors[max(survivors, key=self.latest)]

    def in_conflict(self, cell, survivors):
        return cell.kind != ELEMENT and len({write_value(value) for value in survivors.values()}) > 1

    def conflicts(self):
        """(entity, Cell), or (entity, None) for a conflict of `life`; of living entities."""
        for name in self.lives():
            entity = self.entities[name]
            yield from ((name, cell) for cell, survivors in entity.cells.items() if self.in_conflict(cell, survivors))
            if entity.tombstones:
                yield name, None

    # Liveness

    def lives(self):
        def unseen(entity):
            seen = {version for tombstone in entity.tombstones.values() for version in tombstone}
            return not entity.tombstones or not entity.restores.union(*entity.cells.values()) <= seen

        found = {name for name, entity in self.entities.items() if entity.created and unseen(entity)}
        waiting = list(found)
        while waiting:
            for other in self.referred(self.entities[waiting.pop()]):
                if other not in found and other in self.entities and self.entities[other].created:
                    found.add(other)
                    waiting.append(other)
        return found

    def referred(self, entity):
        for cell, survivors in entity.cells.items():
            for value in survivors.values():
                yield from references(value)
            if cell.kind == ELEMENT and True in survivors.values():
                yield from references(read_value(cell.part))

    # Digest

    def place(self, version):
        change = self.changes[version]
        return change.origin, change.sequence

    def digest(self):
        total = 0
        for name, entity in self.entities.items():
            total += int.from_bytes(self.entity_hash(name, entity), "big")
        return (total % 2**256).to_bytes(32, "big")

    def entity_hash(self, name, entity):
        cells = [
            (cell, [(self.place(version), value) for version, value in survivors.items()]) for cell, survivors in entity.cells.items()
        ]
        tombstones = [(self.place(version), list(map(self.place, seen))) for version, seen in entity.tombstones.items()]
        return entity_hash(name, cells, tombstones, [self.place(version) for version in entity.restores])


def entity_hash(name, cells, tombstones, restores):
    """The hash of an entity's state, 0 without any. A version is (origin, sequence), in whatever order."""
    if not (cells or tombstones or restores):
        return bytes(32)

    def version(place, *more):
        return message((1, place[0]), (2, place[1]), *more)

    written = []
    for (field, kind, part), survivors in sorted(cells, key=lambda cell: (cell[0][0].encode("utf-8"), cell[0][1:])):
        ordered = sorted((place, write_value(value)) for place, value in survivors)
        survivors = [version(place, (3, value)) for place, value in ordered]
        written.append(message((1, field), (2, part if kind == ELEMENT else None), (3, part if kind == KEY else None), (4, survivors)))
    graves = sorted((place, version(place, (3, [version(one) for one in sorted(seen)]))) for place, seen in tombstones)
    state = message((1, name.type), (2, name.id), (3, written), (4, [grave for _, grave in graves]), (5, list(map(version, sorted(restores)))))
    return tagged_hash("dicta.entity.1", counted(state))
