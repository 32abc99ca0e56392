<?php
// PHP and phpredis: an app that publishes to roomcast, and is asked by it who may
// connect. REDIS_URL says where to publish: the gateway's embedded port, or a
// Redis. With STREAM the messages are added to that stream, and who was away
// gets them. `php -S 127.0.0.1:8000 app.php` serves it; a job is a process of
// its own, `php app.php report NAME`.
declare(strict_types=1);

const ROOMS = ["lobby", "news"];  // where each user may be

function publish(string $channel, string $payload): void {
	$url = parse_url(getenv("REDIS_URL") ?: "redis://127.0.0.1:6390");
	$link = new Redis();
	$link->connect($url["host"], $url["port"] ?? 6379, 2.0);
	$stream = getenv("STREAM");
	if ($stream)
		$link->xAdd($stream, "*", [$channel => $payload], 100000, true);
	else
		$link->publish($channel, $payload);
}

// A typed message to rooms, users or connections.
function send(array $message, array $targets): void {
	publish("roomcast:send", json_encode($targets + ["message" => $message], JSON_THROW_ON_ERROR));
}

function answer(int $status, array $body): never {
	http_response_code($status);
	header("Content-Type: application/json");
	exit(json_encode($body ?: new stdClass()));
}

function text_in(array $body, string $key, int $longest): string {
	$value = $body[$key] ?? null;
	if (!is_string($value) || $value === "" || strlen($value) > $longest)
		answer(400, ["error" => "$key: 1 to $longest bytes"]);
	return $value;
}

// The session is read, and not held: the next request need not wait for it.
function user(): string {
	session_start(["read_and_close" => true]);
	return $_SESSION["name"] ?? answer(401, ["error" => "log in first"]);
}

// Your app would look at a password here.
function login(array $body): never {
	$name = text_in($body, "name", 32);
	session_start(["cookie_httponly" => true, "cookie_samesite" => "Strict"]);
	session_regenerate_id(true);
	$_SESSION["name"] = $name;
	session_write_close();
	$url = getenv("GATEWAY") ?: "ws://127.0.0.1:8080/ws/lobby";
	answer(200, ["url" => $url, "token" => null]);
}

// To all in the room; the tab that says it has this answer instead.
function say(string $room, array $body): never {
	$message = ["type" => "message", "from" => user(), "text" => text_in($body, "text", 2000)];
	if (!in_array($room, ROOMS, true))
		answer(404, ["error" => "no such room"]);
	$except = ($body["connection"] ?? "") === "" ? [] : [text_in($body, "connection", 64)];
	send($message, ["rooms" => [$room], "except" => $except]);
	answer(201, $message);
}

// A job that takes a while tells all tabs of its user how far it is.
function work(string $name): void {
	foreach ([25, 50, 75, 100] as $percent) {
		usleep(200_000);
		send(["type" => "report", "percent" => $percent], ["users" => [$name]]);
	}
}

// Where there are workers with a queue, the job goes into that.
function report(): never {
	$words = array_map("escapeshellarg", [PHP_BINARY, __FILE__, "report", user()]);
	exec(implode(" ", $words) . " >/dev/null 2>&1 &");
	answer(202, []);
}

if (PHP_SAPI === "cli") {
	work($argv[2] ?? exit("usage: php app.php report NAME\n"));
	exit;
}
$path = parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH);
$asked = $_SERVER["REQUEST_METHOD"] . " $path";
$body = json_decode(file_get_contents("php://input"), true);
$body = is_array($body) ? $body : [];
if ($asked === "GET /") {
	readfile(__DIR__ . "/../page.html");
	exit;
} elseif ($asked === "GET /auth") {  // the gateway, with the cookie of a page
	answer(200, ["user" => user(), "may" => ROOMS]);
} elseif ($asked === "POST /login") {
	login($body);
} elseif ($asked === "POST /reports") {
	report();
} elseif (preg_match('~^POST /rooms/([a-z]+)/messages$~', $asked, $match)) {
	say($match[1], $body);
}
answer(404, ["error" => "there is nothing here"]);
