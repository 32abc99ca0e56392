"""Jararaca on uvicorn, with its Redis backend: the room is in the path, and
the endpoint does what its manager needs, no more. uvicorn runs it on uvloop
and httptools, with one worker, without compression and logs."""

import os

from fastapi import WebSocket, WebSocketDisconnect
from redis.asyncio import Redis

from jararaca import (HttpMicroservice, Microservice,
                      RedisWebSocketConnectionBackend, RestController,
                      WebSocketEndpoint, WebSocketInterceptor,
                      create_http_server, use_ws_manager)


@RestController("/ws")
class Rooms:
    @WebSocketEndpoint("/{room}")
    async def listen(self, websocket: WebSocket, room: str) -> None:
        manager = use_ws_manager()
        await websocket.accept()
        await manager.add_websocket(websocket)
        await manager.join([room], websocket)
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            await manager.remove_websocket(websocket)


def interceptor() -> WebSocketInterceptor:
    return WebSocketInterceptor(RedisWebSocketConnectionBackend(
        conn=Redis(port=int(os.environ["REDIS_PORT"])),
        send_pubsub_channel="roomcast:send",
        broadcast_pubsub_channel="roomcast:broadcast"))


app = create_http_server(HttpMicroservice(Microservice(
    controllers=[Rooms], interceptors=[interceptor])))
