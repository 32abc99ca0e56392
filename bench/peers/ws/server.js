// Node.js with ws and ioredis: what a team writes in an afternoon, and writes
// well. The room is the last segment of the path; each message is sent as the
// bytes that came from Redis. No compression, no heartbeat, no logs.
"use strict";
const Redis = require("ioredis");
const { WebSocketServer, WebSocket } = require("ws");

const [port, redisPort] = process.argv.slice(2).map(Number);
const prefix = "roomcast:room:";
const rooms = new Map();

const server = new WebSocketServer({
  port,
  host: "127.0.0.1",
  backlog: 4096,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload: 4096,
});

server.on("connection", (socket, request) => {
  const name = request.url.slice(request.url.lastIndexOf("/") + 1);
  const members = rooms.get(name) ?? new Set();
  rooms.set(name, members.add(socket));
  socket.on("error", () => {});
  socket.on("close", () => {
    members.delete(socket);
    if (members.size === 0) rooms.delete(name);
  });
});

const redis = new Redis(redisPort, "127.0.0.1");
redis.psubscribe(prefix + "*");
redis.on("pmessageBuffer", (pattern, channel, message) => {
  const members = rooms.get(channel.toString("latin1", prefix.length));
  if (!members) return;
  for (const socket of members)
    if (socket.readyState === WebSocket.OPEN)
      socket.send(message, { binary: false });
});
