"""The chat with the hook of docs/migrating-from-jararaca.md, on a port."""

import sys

import uvicorn
from chat import Chat, Several, interceptor
from jararaca import HttpMicroservice, Microservice, create_http_server
from websocket_auth import WebSocketAuth  # from the page

app = Microservice(
    controllers=[Chat, Several, WebSocketAuth], interceptors=[interceptor]
)
uvicorn.run(
    create_http_server(HttpMicroservice(app)),
    port=int(sys.argv[1]),
    log_level="warning",
)
