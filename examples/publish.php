<?php
$gateway = new Redis();
$gateway->connect("127.0.0.1", 6390);
$gateway->publish("roomcast:send", json_encode(["rooms" => ["lobby"], "message" => ["text" => "hello from PHP"]]));
