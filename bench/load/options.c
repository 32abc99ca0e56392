#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "feeder.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
    "usage: load [options] ws://HOST:PORT/PATH (or wss:)\n"
    "  %d in PATH stands for the room's number.\n"
    "  -c, --connections N   how many (1000)\n"
    "  -r, --rooms N         rooms to spread them over (1)\n"
    "  -P, --parallel N      handshakes at a time (64)\n"
    "  -e, --repeat N        open all, close all, N times, behind a first\n"
    "                        time that is not counted; the last stay open\n"
    "  -N, --new-rooms       each time in rooms that nobody was in before;\n"
    "                        publish nothing then\n"
    "  -H, --header LINE     one more header of each request\n"
    "  -z, --deflate         offer permessage-deflate\n"
    "  -U, --resume          resume TLS by the first ticket that comes\n"
    "  -Y, --session FILE    resume TLS by this session (PEM) instead\n"
    "  -p, --publish URL     redis://HOST:PORT, unix:///PATH, or\n"
    "                        http://HOST:PORT/PATH to POST the message to,\n"
    "                        the room's name behind PATH; without it\n"
    "                        connections are only opened and measured\n"
    "  -f, --form FORM       room (default), envelope, nul, socketio or\n"
    "                        anycable; to http: room, centrifugo or mercure\n"
    "  -D, --dialect NAME    what the server speaks on top: centrifuge,\n"
    "                        centrifugo, anycable, socketio or since; or\n"
    "                        instead: events\n"
    "  -n, --room NAME       room of PATH, when it is not its last segment\n"
    "  -R, --rate N          messages a second; 0 (default): flat out\n"
    "  -m, --messages N      stop after so many\n"
    "  -s, --seconds N       stop after so long (5 when -m is absent)\n"
    "  -w, --window N        messages ahead of the slowest receiver (64)\n"
    "  -S, --size N          bytes a message, at least 96 (128)\n"
    "  -j, --json            fill messages with what looks like an app's JSON\n"
    "                        instead of one letter\n"
    "  -q, --random          to rooms in random order, not in turn\n"
    "  -a, --arrivals N      open so many more while messages flow\n"
    "  -A, --arrival-rate N  of them a second; 0 (default): all at once\n"
    "  -W, --arrival-path PATH  theirs, when it is not that of the others\n"
    "  -G, --arrival-rooms N  rooms to spread them over (1)\n"
    "  -M, --missed N        each comes with a cursor and is to get so many\n"
    "                        messages of its room at once, from the first on\n"
    "  -x, --stall           read nothing until all is published (needs -m),\n"
    "                        and measure memory then\n"
    "  -b, --receive-buffer N  bytes of SO_RCVBUF; 0 (default): the kernel's\n"
    "  -L, --later S         measure memory once more, so long afterwards\n"
    "  -I, --idle S          publish nothing: answer pings for so long\n"
    "  -t, --settle MS       wait between connecting and publishing (500)\n"
    "  -T, --patience MS     without a delivery, give up waiting (3000)\n"
    "  -i, --server-pid PID  measure this process, too\n"
    "  -h, --help\n"
    "Prints one line of JSON. Exit status: 0 when every message arrived once\n"
    "and in order, 1 when not, 2 for a wrong command line.\n";

static const struct option longs[] = {
	{ "connections", required_argument, NULL, 'c' },
	{ "rooms", required_argument, NULL, 'r' },
	{ "parallel", required_argument, NULL, 'P' },
	{ "repeat", required_argument, NULL, 'e' },
	{ "new-rooms", no_argument, NULL, 'N' },
	{ "header", required_argument, NULL, 'H' },
	{ "deflate", no_argument, NULL, 'z' },
	{ "resume", no_argument, NULL, 'U' },
	{ "session", required_argument, NULL, 'Y' },
	{ "publish", required_argument, NULL, 'p' },
	{ "form", required_argument, NULL, 'f' },
	{ "dialect", required_argument, NULL, 'D' },
	{ "room", required_argument, NULL, 'n' },
	{ "rate", required_argument, NULL, 'R' },
	{ "messages", required_argument, NULL, 'm' },
	{ "seconds", required_argument, NULL, 's' },
	{ "window", required_argument, NULL, 'w' },
	{ "size", required_argument, NULL, 'S' },
	{ "json", no_argument, NULL, 'j' },
	{ "random", no_argument, NULL, 'q' },
	{ "arrivals", required_argument, NULL, 'a' },
	{ "arrival-rate", required_argument, NULL, 'A' },
	{ "arrival-path", required_argument, NULL, 'W' },
	{ "arrival-rooms", required_argument, NULL, 'G' },
	{ "missed", required_argument, NULL, 'M' },
	{ "stall", no_argument, NULL, 'x' },
	{ "receive-buffer", required_argument, NULL, 'b' },
	{ "later", required_argument, NULL, 'L' },
	{ "idle", required_argument, NULL, 'I' },
	{ "settle", required_argument, NULL, 't' },
	{ "patience", required_argument, NULL, 'T' },
	{ "server-pid", required_argument, NULL, 'i' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void fail(const char *what, const char *value)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, value);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value < min ||
	    value > max)
		fail("not a number in its range", text);
	return value;
}

static enum publish_form form_of(const char *text)
{
	static const char *const names[] = {
		[PUBLISH_ROOM] = "room",
		[PUBLISH_ENVELOPE] = "envelope",
		[PUBLISH_NUL] = "nul",
		[PUBLISH_SOCKETIO] = "socketio",
		[PUBLISH_CENTRIFUGO] = "centrifugo",
		[PUBLISH_ANYCABLE] = "anycable",
		[PUBLISH_MERCURE] = "mercure",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum publish_form)i;
	fail("no such form", text);
	return PUBLISH_ROOM;
}

static void take_room(struct options *o, const char *name, size_t len)
{
	if (len == 0 || len >= sizeof o->room)
		fail("not a room's name", name);
	memcpy(o->room, name, len);
	o->room[len] = '\0';
}

/* Who comes while messages flow; false: not among these. */
static bool take_arrivals(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'a':
		o->arrivals = (uint32_t)number(value, 1, 1000000);
		break;
	case 'A':
		o->arrival_rate = number(value, 0, 1000000);
		break;
	case 'W':
		o->arrival_path = value;
		break;
	case 'G':
		o->arrival_rooms = (uint32_t)number(value, 1, 1000000);
		break;
	case 'M':
		o->missed = number(value, 1, UINT32_MAX);
		break;
	default:
		return false;
	}
	return true;
}

/* Which connections, and what is looked at besides; false: not among these. */
static bool take_connecting(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'c':
		o->connections = number(value, 1, 1000000);
		break;
	case 'r':
		o->rooms = (uint32_t)number(value, 1, 1000000);
		break;
	case 'P':
		o->parallel = (uint32_t)number(value, 1, 100000);
		break;
	case 'e':
		o->repeat = (uint32_t)number(value, 1, 1000000);
		break;
	case 'N':
		o->takes_new_rooms = true;
		break;
	case 'H':
		buf_printf(&o->headers, "%s\r\n", value);
		break;
	case 'z':
		o->deflates = true;
		buf_puts(&o->headers,
		    "Sec-WebSocket-Extensions: permessage-deflate; "
		    "client_max_window_bits\r\n");
		break;
	case 'U':
		o->resumes = true;
		break;
	case 'Y':
		o->session = value;
		break;
	case 'b':
		o->receive_buffer = (int)number(value, 0, 1 << 30);
		break;
	case 't':
		o->settle_ms = number(value, 0, 600000);
		break;
	case 'i':
		o->server_pid = (pid_t)number(value, 1, INT_MAX);
		break;
	case 'I':
		o->idle_s = number(value, 1, 86400);
		break;
	default:
		return false;
	}
	return true;
}

/* What is published; false: not among these. */
static bool take_publishing(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'p':
		o->publish = value;
		break;
	case 'f':
		o->form = form_of(value);
		break;
	case 'D':
		o->dialect = dialect_find(value);
		if (!o->dialect)
			fail("no such dialect", value);
		break;
	case 'n':
		take_room(o, value, strlen(value));
		break;
	case 'R':
		o->rate = number(value, 0, 10000000);
		break;
	case 'm':
		o->messages = number(value, 1, UINT32_MAX);
		break;
	case 's':
		o->seconds = number(value, 1, 86400);
		break;
	case 'w':
		o->window = (uint32_t)number(value, 1, FEEDER_WINDOW_MAX);
		break;
	case 'S':
		o->size = number(value, PAYLOAD_HEAD_MAX, 256 << 20);
		break;
	case 'j':
		o->is_json = true;
		break;
	case 'q':
		o->is_random = true;
		break;
	case 'x':
		o->is_stalled = true;
		break;
	case 'T':
		o->patience_ms = number(value, 1, 600000);
		break;
	case 'L':
		o->later_s = number(value, 1, 3600);
		break;
	default:
		return false;
	}
	return true;
}

static void take(struct options *o, int option, const char *value)
{
	if (option == 'h') {
		(void)fputs(help, stdout);
		exit(EXIT_SUCCESS);
	}
	if (!take_connecting(o, option, value) &&
	    !take_arrivals(o, option, value) &&
	    !take_publishing(o, option, value)) {
		(void)fputs(help, stderr);
		exit(EXIT_USAGE);
	}
}

/* The last segment of the path; a query may hold slashes. */
static void take_last_segment(struct options *o)
{
	size_t end = strcspn(o->path, "?"), start = end;

	while (o->path[start - 1] != '/')
		start--;
	take_room(o, o->path + start, end - start);
}

static void take_url(struct options *o, const char *url)
{
	o->is_tls = strncmp(url, "wss://", 6) == 0;
	if (!o->is_tls && strncmp(url, "ws://", 5) != 0)
		fail("not a ws:// or wss:// address", url);
	o->url = url;
	o->path = strchr(strstr(url, "://") + 3, '/');
	if (!o->path)
		fail("no path in the address", url);
	if (!o->room[0])
		take_last_segment(o);
}

void options_parse(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .connections = 1000,
		.rooms = 1,
		.arrival_rooms = 1,
		.parallel = 64,
		.form = PUBLISH_ROOM,
		.window = 64,
		.size = 128,
		.settle_ms = 500,
		.patience_ms = 3000 };
	while (
	    (option = getopt_long(argc, argv,
		 "c:r:P:e:NH:zUY:p:f:D:n:R:m:s:w:S:jqa:A:W:G:M:xb:L:I:t:T:i:h",
		 longs, NULL)) != -1)
		take(o, option, optarg);
	if (optind != argc - 1)
		take(o, '?', NULL);
	take_url(o, argv[optind]);
	if (!o->arrival_path)
		o->arrival_path = o->path;
	if (o->is_stalled && !o->messages)
		fail("needs --messages", "--stall");
	if (!o->messages && !o->seconds)
		o->seconds = 5;
}

void options_fini(struct options *o)
{
	buf_fini(&o->headers);
}
