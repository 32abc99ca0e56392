const gateway = new (require("ioredis"))("redis://127.0.0.1:6390");
gateway.publish("roomcast:send", JSON.stringify({ rooms: ["lobby"], message: { text: "hello from Node.js" } }));
gateway.quit();
