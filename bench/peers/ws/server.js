// Node.js with ws and ioredis: what a team writes in an afternoon, and writes
// well. The room is the last segment of the path; each message is sent as the
// bytes that came from Redis. No compression, no heartbeat, no logs. Over TLS
// when it is given a certificate and a key.
"use strict";
const fs = require("fs");
const http = require("http");
const https = require("https");
const Redis = require("ioredis");
const { WebSocketServer, WebSocket } = require("ws");

const [port, redisPort] = process.argv.slice(2, 4).map(Number);
const [certificate, key] = process.argv.slice(4);
const prefix = "roomcast:room:";
const rooms = new Map();

const listener = certificate
  ? https.createServer({
      cert: fs.readFileSync(certificate),
      key: fs.readFileSync(key),
    })
  : http.createServer();
const server = new WebSocketServer({
  server: listener,
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
listener.listen({ port, host: "127.0.0.1", backlog: 4096 });
