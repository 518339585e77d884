"""One side of a session (Protocol.md, sections 16 and 19), which says at once what it has to say."""

import copy

import dicta
from dicta import ACK, CHANGES, END, HEADS, HELLO, REFUSAL, RUNGS, Head
from replica import Missing
from wire import Malformed, require

# state: {message: what it does}; what isn't here is a violation
STATES = {
    "idle": {HELLO: "greet"},
    "greeting": {HELLO: "greet"},
    "comparing": {HEADS: "compare"},
    "climbing": {RUNGS: "climb", CHANGES: "ignore", END: "ignore"},
    "sending": {RUNGS: "climb", CHANGES: "take", END: "acknowledge"},
    "sent": {RUNGS: "climb", CHANGES: "take", END: "acknowledge", ACK: "note"},
    "acknowledged": {CHANGES: "take", END: "acknowledge"},
    "settling": {},
    "settled": {ACK: "finish"},
}


class Session:
    def __init__(self, replica, is_caller, nonce, meetings=(), byte_limit=dicta.MEBIBYTE):
        """`meetings`: (hash of heads, what was held), the latest first. `byte_limit` 0: each segment in a message of its own."""
        self.replica, self.nonce, self.byte_limit, self.is_caller = replica, nonce, byte_limit, is_caller
        self.meetings, self.said, self.state = dict(meetings), [], "idle"
        self.suspected, self.asked_by_peer, self.rungs_heard = set(), set(), []
        self.known, self.ahead, self.told = set(), set(), set()
        if is_caller:
            self.say_hello()
            self.state = "greeting"

    def say(self, type, fields=None):
        self.said.append((type, fields or {}))

    def say_hello(self):
        heads = dicta.heads_hash(self.replica.heads())
        self.say(HELLO, {"corpus": self.replica.corpus, "heads": heads, "nonce": self.nonce, "mayAdopt": not self.replica.changes})

    def fail(self, code=None):
        if code:
            self.say(REFUSAL, {"code": code})
        self.state = "failed"

    def hear(self, type, fields):
        if self.state in ("finished", "failed"):
            return
        if type == REFUSAL:
            return self.fail()
        action = STATES[self.state].get(type)
        try:
            require(action, "a message where it may not come")
            getattr(self, action)(fields)
        except Malformed:
            self.fail(3)

    def ignore(self, fields):
        pass

    def greet(self, peer):
        if peer["nonce"] == self.nonce:
            return self.fail()
        if self.state == "idle":
            self.say_hello()
        if not peer["oldestVersion"] <= 1 <= peer["newestVersion"]:
            return self.fail(1)
        if peer["corpus"] != self.replica.corpus:
            may = not self.replica.changes
            if may and (self.is_caller or not peer["mayAdopt"]):
                self.replica.corpus = peer["corpus"]
            elif not peer["mayAdopt"]:
                return self.fail(2)
        if peer["heads"] == dicta.heads_hash(self.replica.heads()):
            self.state = "finished"
            return
        base = next((hash for hash in peer["remembered"] if hash in self.meetings), None)
        moved = [head for head in self.replica.heads() if head.id not in self.meetings.get(base, ())]
        self.say(HEADS, {"base": base, "names": [head._replace(id=head.id[:16]) for head in moved]})
        self.state = "comparing"

    def find(self, name):
        """The change that a head name means, if it is held."""
        return next((one for one in self.replica.changes.values() if name == Head(one.origin, one.sequence, one.id[:16])), None)

    def knows(self, name):
        change = self.find(name)
        if change:
            self.known.update(one.id for one in self.replica.chain(change.id))
        return change

    def compare(self, heads):
        if heads["base"]:
            require(heads["base"] in self.meetings, "a base that wasn't named")
            self.known.update(self.meetings[heads["base"]])
        held = {(one.origin, one.sequence) for one in self.replica.changes.values()}
        for name in heads["names"]:
            if not self.knows(name):
                (self.suspected if (name.origin, name.sequence) in held else self.ahead).add(name.origin)
        if self.suspected:
            self.say_rungs(self.suspected)
            self.state = "climbing"
        else:
            self.send()

    def say_rungs(self, origins):
        names = set()
        for head in self.replica.heads():
            if head.origin in origins - self.told:
                steps = {head.sequence - 2**k for k in range(64)} | {1}
                names.update(Head(one.origin, one.sequence, one.id[:16]) for one in self.replica.chain(head.id) if one.sequence in steps)
        self.told |= origins
        if names:
            self.say(RUNGS, {"names": sorted(names)})

    def climb(self, rungs):
        origins = {name.origin for name in rungs["names"]}
        missing = self.suspected - set().union(*self.rungs_heard)
        require(len(self.rungs_heard) < 2 and (not self.rungs_heard or (missing and origins == missing)), "RUNGS that nobody asked for")
        self.rungs_heard.append(origins)
        self.ahead -= origins
        for name in rungs["names"]:
            self.knows(name)
        self.say_rungs(origins)
        if self.suspected <= set().union(*self.rungs_heard):
            self.send()

    def send(self):
        self.state = "sending"
        segments, last = 0, None
        held_back = self.ahead - self.suspected
        for change in self.replica.changes.values():
            if change.id not in self.known and change.origin not in held_back:
                segments += last is None or last.id in self.replica.signatures or change.previous != last.id
                last = change
        for _ in range(segments if self.byte_limit == 0 else min(segments, 1)):
            self.say(CHANGES)
        self.say(END)
        self.state = "sent"

    def take(self, fields):
        try:
            changed = copy.deepcopy(self.replica)
            changed.take_message(fields)
            self.replica = changed
        except (Malformed, Missing):
            self.fail(4)

    def acknowledge(self, fields):
        self.say(ACK, {"heads": dicta.heads_hash(self.replica.heads())})
        self.state = {"sending": "settling", "sent": "settled", "acknowledged": "finished"}[self.state]

    def note(self, fields):
        self.state = "acknowledged"

    def finish(self, fields):
        self.state = "finished"
