const gateway = new (require("ioredis"))("redis://127.0.0.1:6390");
gateway.publish("roomcast:control", JSON.stringify({ command: "disconnect", users: ["42"], code: 4001, reason: "signed out" }));
gateway.quit();
