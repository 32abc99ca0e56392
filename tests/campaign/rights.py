"""What a visit has a right to, as far as anybody outside can know.

A command is carried out at its own place in the order, on the connections that
are there: for sure on one that was told where it is before the command was
sent, and has not been told of a gap since; not on one that asked when its
gateway had read the command; on others perhaps. So an answer is a set of bools:
one where it is known, two where it is not.
"""

import math
from collections import defaultdict

# Workers of one gateway may be so far apart.
WORKERS_APART_S = 1

YES, NO = frozenset([True]), frozenset([False])
PERHAPS = YES | NO


class Rights:
    def __init__(self, ledger, horizon):
        self.horizon = horizon
        self._moves = defaultdict(list)
        for move in ledger.moves:
            self._moves[move.whom].append(move)
        self._of_visits = {}
        self._forgets = defaultdict(list)
        for forget in ledger.forgets:
            for name in forget.keys | forget.rooms:
                self._forgets[name].append(forget)

    # -- rooms

    def _moves_of(self, page, visit):
        """Those that may have been carried out on it, in their order."""
        if visit not in self._of_visits:
            self._of_visits[visit] = self._find_moves(page, visit)
        return self._of_visits[visit]

    def _find_moves(self, page, visit):
        read = self.horizon.of(visit.gateway, visit.asked - WORKERS_APART_S)
        whom = [("user", page.user), ("connection", visit.connection)]
        found = [
            move
            for name in whom
            for move in self._moves[name]
            if move.placed >= read and move.sent < visit.left
        ]
        return sorted(found, key=lambda move: move.sent)

    def _is_in(self, room, page, visit, message, since):
        states = {room in page.rooms}
        late = set()  # what may come at any time
        for move in self._moves_of(page, visit):
            if room not in move.rooms or move.sent > message.placed:
                continue
            is_before = move.placed < message.sent
            if move.is_acked and is_before and move.sent > since:
                states = {move.is_join}
            elif move.placed == math.inf:
                late.add(move.is_join)
            else:
                states.add(move.is_join)
        return frozenset(states | late)

    # -- messages

    def reaches(self, page, visit, message, since=math.inf):
        """since: when the visit was last told where it is."""
        if visit.connection in message.spared or visit.names & message.spared:
            return NO
        if message.to is None:
            return YES
        answers = set()
        for kind, name in message.to:
            if kind == "room":
                answers |= {self._is_in(name, page, visit, message, since)}
            elif kind == "user":
                answers |= {YES if name == page.user else NO}
            else:
                answers |= {YES if name == visit.connection else NO}
        return YES if YES in answers else NO if answers == {NO} else PERHAPS

    def may_be_moved(self, page, visit, by):
        return any(m.sent < by for m in self._moves_of(page, visit))

    # -- what is taken back

    def _forgets_of(self, message):
        rooms = (name for kind, name in message.to or () if kind == "room")
        for name in (message.key, *rooms):
            yield from self._forgets.get(name, ())

    def may_be_forgotten(self, message, by):
        return any(
            f.sent < by and f.may_cover(message)
            for f in self._forgets_of(message)
        )

    def is_forgotten(self, message, visit):
        """Before the visit asked."""
        read = self.horizon.of(visit.gateway, visit.asked)
        return any(
            f.is_acked and f.placed < read and f.covers(message)
            for f in self._forgets_of(message)
        )
