// Socket.IO with its Redis adapter; messages come as its Redis emitter sends
// them. WebSocket only, so that no handshake polls first; no compression; the
// request is dropped once the handshake is done, as its manual advises.
"use strict";
const Redis = require("ioredis");
const { createServer } = require("http");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");

const [port, redisPort] = process.argv.slice(2).map(Number);
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(
    new Redis(redisPort, "127.0.0.1"),
    new Redis(redisPort, "127.0.0.1"),
  ),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

io.engine.on("connection", (socket) => {
  socket.room = socket.request._query.room;
  socket.request = null;
});
io.on("connection", (socket) => {
  socket.join(socket.conn.room);
});
http.listen({ port, host: "127.0.0.1", backlog: 4096 });
