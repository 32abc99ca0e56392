const gateway = new (require("ioredis"))("redis://127.0.0.1:6390");
// One room, several instances: "roomcast:room:lobby" with the message alone is cheaper.
gateway.publish("roomcast:send", JSON.stringify({ rooms: ["lobby"], message: { text: "hello from Node.js" } }));
gateway.quit();
