const gateway = new (require("ioredis"))("redis://127.0.0.1:6390");
gateway.publish("roomcast:send", JSON.stringify({ users: ["42"], message: { text: "for all your tabs" } }));
gateway.quit();
