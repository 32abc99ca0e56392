"""Who is signed in, and what they may read: the app's own business."""

SESSIONS = {"anns-session": "42", "bobs-session": "43"}


def user_of(session):
    return SESSIONS.get(session)


def may_read(user, room):
    return room == f"user-{user}" or room.startswith("chat-")
