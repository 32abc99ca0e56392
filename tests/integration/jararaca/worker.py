"""What `jararaca worker` does with a message from the broker, but for that.

Its argument is JSON: what user 42 did, by interceptor: `before` is the one that
the chat has, `after` the page's that only publishes.
"""

import asyncio
import json
import sys

import chat
from jararaca import Microservice
from jararaca.messagebus.decorators import MessageBusController
from jararaca.messagebus.worker import MessageBusWorker
from jararaca.microservice import (
    AppTransactionContext,
    MessageBusTransactionData,
)
from websocket_publisher import WebSocketPublisher  # from the page


def publisher() -> WebSocketPublisher:
    return WebSocketPublisher(chat.backend())


class Delivered:
    """A message as a broker hands it over."""

    def __init__(self, action):
        self.message = chat.UserActivity(user_id="42", action=action)

    def payload(self):
        return self.message


INTERCEPTORS = {"before": chat.interceptor, "after": publisher}


async def handle(interceptor, actions):
    app = Microservice(
        controllers=[chat.Notifications], interceptors=[interceptor]
    )
    worker = MessageBusWorker(app, broker_url="", backend_url="")
    async with worker.lifecycle():
        instance = worker.container.get_by_type(chat.Notifications)
        controller = MessageBusController.get_last(chat.Notifications)
        (handler,), _ = controller.get_messagebus_factory()(instance)
        for action in actions:
            message = Delivered(action)
            context = AppTransactionContext(
                controller_member_reflect=handler.controller_member,
                transaction_data=MessageBusTransactionData(
                    topic="user.activity",
                    message=message,
                    message_type=chat.UserActivity,
                ),
            )
            async with worker.uow_context_provider(context):
                await handler.instance_callable(message)


async def main():
    for which, actions in json.loads(sys.argv[1]).items():
        await handle(INTERCEPTORS[which], actions)


asyncio.run(main())
