<?php
$gateway = new Redis();
$gateway->connect("127.0.0.1", 6390);
// One room, several instances: "roomcast:room:lobby" with the message alone is cheaper.
$gateway->publish("roomcast:send", json_encode(["rooms" => ["lobby"], "message" => ["text" => "hello from PHP"]]));
