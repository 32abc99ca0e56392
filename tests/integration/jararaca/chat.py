"""A chat as Jararaca's documentation builds one. It knows nothing of roomcast:
its WebSocket endpoints decide by the cookie who joins which room."""

import os

from accounts import may_read, user_of
from fastapi import WebSocket, WebSocketDisconnect
from jararaca import (
    Message,
    MessageBusController,
    MessageHandler,
    MessageOf,
    Post,
    RedisWebSocketConnectionBackend,
    RestController,
    WebSocketEndpoint,
    WebSocketInterceptor,
    WebSocketMessage,
    use_ws_manager,
)
from pydantic import BaseModel
from redis.asyncio import Redis


class ChatMessage(WebSocketMessage):
    MESSAGE_ID = "chat.message"

    user_id: str
    content: str
    number: int


class ActivityNotification(WebSocketMessage):
    MESSAGE_ID = "user.activity"

    user_id: str
    action: str


class UserActivity(Message):
    MESSAGE_TOPIC = "user.activity"
    MESSAGE_TYPE = "event"

    user_id: str
    action: str


class Said(BaseModel):
    content: str
    numbers: list[int]


async def listen(websocket, rooms):
    """In the rooms until the client leaves; it is in when it is accepted."""
    user = user_of(websocket.cookies.get("session"))
    if user is None or not all(may_read(user, room) for room in rooms):
        await websocket.close(1008)
        return
    manager = use_ws_manager()
    await manager.add_websocket(websocket)
    await manager.join(rooms, websocket)
    await websocket.accept()
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        await manager.remove_websocket(websocket)


@RestController("/chat")
class Chat:
    @Post("/messages/{rooms}")
    async def say(self, rooms: str, said: Said) -> dict[str, str]:
        for number in said.numbers:
            message = ChatMessage(
                user_id="42", content=said.content, number=number
            )
            await message.send(*rooms.split(","))
        return {"status": "sent"}

    @Post("/announcements")
    async def announce(self, said: Said) -> dict[str, str]:
        await use_ws_manager().broadcast(said.content.encode())
        return {"status": "sent"}

    @WebSocketEndpoint("/ws/{room_id}")
    async def listen_to_one(self, websocket: WebSocket, room_id: str) -> None:
        await listen(websocket, [room_id])


@RestController("/ws")
class Several:
    @WebSocketEndpoint("")
    async def listen_to_all(self, websocket: WebSocket, rooms: str) -> None:
        await listen(websocket, rooms.split(","))


@MessageBusController()
class Notifications:
    @MessageHandler(UserActivity)
    async def tell(self, message: MessageOf[UserActivity]) -> None:
        activity = message.payload()
        notification = ActivityNotification(
            user_id=activity.user_id, action=activity.action
        )
        await notification.send(f"user-{activity.user_id}")


def backend():
    return RedisWebSocketConnectionBackend(
        conn=Redis.from_url(os.environ["REDIS_URL"], decode_responses=False),
        send_pubsub_channel="jararaca:websocket:send",
        broadcast_pubsub_channel="jararaca:websocket:broadcast",
    )


def interceptor() -> WebSocketInterceptor:
    return WebSocketInterceptor(backend=backend())
