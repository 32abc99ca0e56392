#!/usr/bin/python3
"""FastAPI and redis-py: an app that publishes to roomcast and issues tokens.

REDIS_URL says where to publish: the gateway's embedded port, or a Redis. With
STREAM the messages are added to that stream, and who was away gets them.
"""

import json
import os
import secrets
import time
from pathlib import Path

import jwt
import redis
import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

HERE = Path(__file__).resolve().parent
PORT = int(os.environ.get("PORT", 8000))
GATEWAY = os.environ.get("GATEWAY", "ws://127.0.0.1:8080/ws/lobby")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6390")
STREAM = os.environ.get("STREAM")
ROOMS = ["lobby", "news"]  # where each user may be

app = FastAPI()
link = redis.Redis.from_url(REDIS_URL)


def shared_secret():
    """Made at the first start; the gateway checks tokens by the same file."""
    file = HERE / "secret"
    if not file.exists():
        file.touch(0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text().strip()


SECRET = shared_secret()


def publish(channel, payload):
    if STREAM:
        link.xadd(STREAM, {channel: payload}, maxlen=100_000)
    else:
        link.publish(channel, payload)


def send(message, **targets):
    """A typed message to rooms, users or connections."""
    publish("roomcast:send", json.dumps({**targets, "message": message}))


class Login(BaseModel):
    name: str = Field(min_length=1, max_length=32)


class Said(BaseModel):
    text: str = Field(min_length=1, max_length=2000)
    connection: str = ""  # of the tab that says it


@app.get("/")
def page():
    return FileResponse(HERE.parent / "page.html")


@app.post("/login")
def login(who: Login):
    """Your app would look at a password here, and at who may be where."""
    claims = {"sub": who.name, "rooms": ROOMS, "exp": int(time.time()) + 3600}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    return {"url": GATEWAY, "token": token}


def user(authorization: str = Header("")):
    try:
        token = authorization.removeprefix("Bearer ")
        return jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "log in first")


@app.post("/rooms/{room}/messages", status_code=201)
def say(room: str, said: Said, name: str = Depends(user)):
    """To all in the room; the tab that says it has this answer instead."""
    if room not in ROOMS:
        raise HTTPException(404, "no such room")
    message = {"type": "message", "from": name, "text": said.text}
    sender = [said.connection] if said.connection else []
    send(message, rooms=[room], **{"except": sender})
    return message


def work(name):
    """A job that takes a while tells all tabs of its user how far it is."""
    for percent in 25, 50, 75, 100:
        time.sleep(0.2)
        send({"type": "report", "percent": percent}, users=[name])


@app.post("/reports", status_code=202)
def report(jobs: BackgroundTasks, name: str = Depends(user)):
    jobs.add_task(work, name)
    return {}


if __name__ == "__main__":
    print(f"http://127.0.0.1:{PORT}/", flush=True)
    uvicorn.run(app, port=PORT, log_level="warning")
