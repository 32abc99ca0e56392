/* verbs: the table of ctl/verb.h, and the help that is made of it. */
#include <string.h>

#include "ctl/listen.h"
#include "ctl/lists.h"
#include "ctl/operate.h"
#include "ctl/publish.h"
#include "ctl/status.h"
#include "ctl/tail.h"
#include "ctl/token.h"
#include "ctl/verb.h"

enum { OPTION_COLUMN = 22 };

static const struct option asking[] = {
	{ "--admin", "ADDRESS",
	    "the admin listener: http://HOST:PORT or\n"
	    "unix:PATH (default: ROOMCAST_ADMIN, or\n"
	    "admin.listen of the configuration)" },
	{ "--token-file", "FILE",
	    "a file with its token (default:\n"
	    "ROOMCAST_TOKEN_FILE, or admin.token_file)" },
	{ "--config", "FILE",
	    "the configuration of the gateway (default:\n" REACH_DEFAULT_CONFIG
	    ")" },
	{ "--timeout", "TIME",
	    "how long to wait for an answer, as 500ms,\n"
	    "5s (default: 10s)" },
	{ "--json", NULL, "what the gateway says, for programs" },
	{ NULL, NULL, NULL },
};

const struct verb verbs[] = {
	{
	    .name = "status",
	    .asks = true,
	    .options = operate_no_options,
	    .summary = "how the gateway is, on one screen",
	    .about = "Rates are of the last ten seconds, what was refused or\n"
		     "lost of the last ten minutes. Exit status 1 when it is\n"
		     "not ready.\n",
	    .examples = "roomcastctl status\n"
			"roomcastctl status --json\n",
	    .run = status_print,
	},
	{
	    .name = "rooms",
	    .asks = true,
	    .options = lists_rooms_options,
	    .summary = "which rooms have members, and how many",
	    .about = "The rooms of this instance, in no order.\n",
	    .examples = "roomcastctl rooms --prefix order-\n"
			"roomcastctl rooms --all --json\n",
	    .run = lists_rooms,
	},
	{
	    .name = "connections",
	    .asks = true,
	    .options = lists_connections_options,
	    .summary = "who is connected",
	    .about = "The connections of this instance. QUEUE is what waits\n"
		     "for one, SENT what it has been sent, PING how long the\n"
		     "answer to the last ping took.\n",
	    .examples =
		"roomcastctl connections --user 42\n"
		"roomcastctl connections --sort queue --limit 10\n"
		"roomcastctl connections --address 10.0.0.0/8 --all --json\n",
	    .run = lists_connections,
	},
	{
	    .name = "tail",
	    .asks = true,
	    .options = tail_options,
	    .summary = "the access log, live",
	    .about =
		"What the gateway writes of clients (log.access) from now\n"
		"on, until it ends. How many lines came too fast is said\n"
		"on standard error.\n",
	    .examples =
		"roomcastctl tail\n"
		"roomcastctl tail --json | jq 'select(.status == 403)'\n",
	    .run = tail_print,
	},
	{
	    .name = "publish",
	    .asks = true,
	    .options = publish_options,
	    .summary = "publish a message",
	    .about =
		"It goes out as an app would publish it, to all\n"
		"instances. --room, --user, --connection and --except may\n"
		"be given several times. reached_here counts the\n"
		"connections of this instance.\n",
	    .examples =
		"roomcastctl publish --room lobby --text hello\n"
		"roomcastctl publish --user 42 --message '{\"unread\": 3}'\n"
		"roomcastctl publish --envelope - < envelope.json\n",
	    .run = publish_message,
	},
	{
	    .name = "kick",
	    .asks = true,
	    .options = publish_kick_options,
	    .summary = "close connections",
	    .about = "All instances close those that are meant, with a code\n"
		     "and a reason that the page sees. They may come back.\n",
	    .examples =
		"roomcastctl kick --user 42 --code 4001 --reason 'signed out'\n"
		"roomcastctl kick --connection NJEfHGTInckUVuftYf6q3g\n",
	    .run = publish_kick,
	},
	{
	    .name = "health",
	    .asks = true,
	    .options = operate_health_options,
	    .summary = "whether the gateway is well",
	    .about = "Prints what it says of itself. Exit status 0: well, or\n"
		     "ready.\n",
	    .examples = "roomcastctl health --timeout 2s\n"
			"roomcastctl health --ready\n",
	    .run = operate_health,
	},
	{
	    .name = "check",
	    .operand = "FILE",
	    .options = operate_check_options,
	    .summary = "check a configuration",
	    .about =
		"As roomcast --check-config: each mistake with its place,\n"
		"and what may not be meant. Exit status 2: it cannot be\n"
		"used. Nobody is asked.\n",
	    .examples = "roomcastctl check\n"
			"roomcastctl check /tmp/roomcast.yaml\n",
	    .run = operate_check,
	},
	{
	    .name = "reload",
	    .asks = true,
	    .options = operate_no_options,
	    .summary = "read the configuration again",
	    .about = "All of it counts, or nothing: exit status 1, with each\n"
		     "mistake. Keys that count from the next start on are\n"
		     "named.\n",
	    .examples = "roomcastctl reload\n",
	    .run = operate_reload,
	},
	{
	    .name = "drain",
	    .asks = true,
	    .options = operate_no_options,
	    .summary = "close all connections, and end",
	    .about = "As SIGTERM does. It comes back at once; `health` has\n"
		     "exit status 3 when the gateway has ended.\n",
	    .examples = "roomcastctl drain\n",
	    .run = operate_drain,
	},
	{
	    .name = "listen",
	    .operand = "URL",
	    .must_have_operand = true,
	    .options = listen_options,
	    .summary = "connect as a client, and print what comes",
	    .about =
		"A line for each message: its time, type, size and, with\n"
		"--since, its id. What ends is connected again, from the\n"
		"last id on, unless the app has closed it (code 4000 and\n"
		"above, but for 4429 and 4503, which a route with refuse:\n"
		"close says) or it is refused for good; the first one\n"
		"must be made. For --count notes do not count, which come\n"
		"with --since; without it the welcome of a route does.\n",
	    .examples =
		"roomcastctl listen ws://127.0.0.1:8080/ws/lobby\n"
		"roomcastctl listen wss://push.example.com/ws/lobby --since=\n"
		"roomcastctl listen \"$URL?token=$(roomcastctl token)\"\n",
	    .run = listen_print,
	},
	{
	    .name = "token",
	    .operand = "ROUTE",
	    .options = token_options,
	    .summary = "sign a token for clients, for tests",
	    .about = "A JSON Web Token that an authenticator of the\n"
		     "configuration takes: that of the route, whose path is\n"
		     "given as it is configured, or the only one. Signed with\n"
		     "its secret_file, or with --key; issuer and audience are\n"
		     "those that it asks for.\n",
	    .examples =
		"roomcastctl token --user 42 --expires 5m\n"
		"roomcastctl token '/ws/{room}' --user 42 --room 'chat-*'\n"
		"roomcastctl token --auth login --key private.pem\n",
	    .run = token_print,
	},
	{ .name = NULL },
};

const struct option *verb_common(const struct verb *verb)
{
	return verb->asks ? asking : operate_no_options;
}

const struct verb *verb_find(const char *name)
{
	for (const struct verb *c = verbs; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* --- help --- */

static void put_option(struct buf *out, const struct option *o)
{
	size_t begin = out->len;
	struct slice help = slice_str(o->help);

	buf_printf(out, "  %s%s%s", o->name, o->value ? " " : "",
	    o->value ? o->value : "");
	while (help.len > 0) {
		struct slice line = slice_cut(&help, '\n');
		int missing = OPTION_COLUMN - (int)(out->len - begin);

		buf_printf(out, "%*s%.*s\n", missing > 0 ? missing : 1, "",
		    (int)line.len, line.ptr);
		begin = out->len;
	}
}

static void put_options(
    struct buf *out, const char *title, const struct option *o)
{
	if (!o->name)
		return;
	buf_printf(out, "\n%s:\n", title);
	for (; o->name; o++)
		put_option(out, o);
}

static void put_examples(struct buf *out, struct slice examples)
{
	buf_puts(out, "\nExamples:\n");
	while (examples.len > 0) {
		struct slice line = slice_cut(&examples, '\n');

		buf_printf(out, "  %.*s\n", (int)line.len, line.ptr);
	}
}

static const char exits[] =
    "\nExit status: 0 fine, 1 the gateway says no, 2 bad usage or "
    "configuration,\n3 nobody answers.\n";

void verb_help_all(struct buf *out)
{
	buf_puts(out,
	    "Usage: roomcastctl COMMAND [OPTION...]\n"
	    "       roomcastctl COMMAND --help\n"
	    "       roomcastctl --version | --help\n\n"
	    "Asks a running roomcast, and tells it what to do, by its "
	    "admin listener.\n\nCommands:\n");
	for (const struct verb *c = verbs; c->name; c++)
		buf_printf(out, "  %-14s%s\n", c->name, c->summary);
	put_options(out, "Options of all that ask the gateway", asking);
	put_examples(out,
	    slice_str(
		"roomcastctl connections --user 42\n"
		"roomcastctl publish --room lobby --text hello\n"
		"roomcastctl health --admin unix:/run/roomcast/admin.sock\n"));
	buf_puts(out, exits);
}

void verb_help(const struct verb *c, struct buf *out)
{
	buf_printf(out, "Usage: roomcastctl %s", c->name);
	if (c->operand)
		buf_printf(
		    out, c->must_have_operand ? " %s" : " [%s]", c->operand);
	buf_printf(out, " [OPTION...]\n\n%s", c->about);
	put_options(out, "Options", c->options);
	put_options(out, "Where the gateway is", verb_common(c));
	put_examples(out, slice_str(c->examples));
	buf_puts(out, exits);
}
