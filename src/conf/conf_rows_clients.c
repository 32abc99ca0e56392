/*
 * conf_rows_clients: the rows of where clients connect and which paths they
 * may ask for. See conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_origin.h"
#include "conf/conf_rows_parts.h"
#include "proto/handshake.h"
#include "proto/http.h"
#include "proto/names.h"

/* A token of RFC 9110, section 5.6.2. */
int conf_rows_check_token(const char *text, struct err *e)
{
	if (!http_is_token(slice_str(text)))
		return err_set(e, -EINVAL,
		    "must be an HTTP token: letters, digits and "
		    "!#$%%&'*+-.^_`|~");
	return 0;
}

static int check_subprotocol(const char *text, struct err *e)
{
	if (strlen(text) > HANDSHAKE_SUBPROTOCOL_MAX)
		return err_set(e, -EINVAL, "must have at most %d bytes",
		    HANDSHAKE_SUBPROTOCOL_MAX);
	return conf_rows_check_token(text, e);
}

/* As it stands in a request line, and without a query. */
static int check_health(const char *text, struct err *e)
{
	if (text[0] != '/')
		return err_set(e, -EINVAL, "must be a path: /health");
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
			return err_set(e, -EINVAL,
			    "must be a path as it stands in a request: no "
			    "spaces, no '?' and no '#'");
	return 0;
}

static int check_trusted(const char *text, struct err *e)
{
	struct prefix ignored;

	return prefix_parse(&ignored, slice_str(text), e);
}

static int check_permit(const char *text, struct err *e)
{
	struct slice all = slice_str(text), claim = slice_str("claim.");

	if (!slice_starts_with(all, claim) ||
	    !claim_name_is_valid(slice_after(all, claim.len)))
		return err_set(e, -EINVAL,
		    "must be claim.NAME, the claim that lists the rooms; a "
		    "name has letters, digits, '_', '.', '-', ':' and '/'");
	return 0;
}

static const char *const frames_words[] = {
	[CONF_FRAMES_TEXT] = "text",
	[CONF_FRAMES_BINARY] = "binary",
	NULL,
};

static const char *const presence_words[] = {
	[CONF_PRESENCE_OFF] = "off",
	[CONF_PRESENCE_COUNT] = "count",
	[CONF_PRESENCE_MEMBERS] = "members",
	NULL,
};

static const char *const refuse_words[] = {
	[CONF_REFUSE_STATUS] = "status",
	[CONF_REFUSE_CLOSE] = "close",
	NULL,
};

static const char *const transports_words[] = {
	CONF_WEBSOCKET,
	CONF_SSE,
	NULL,
};

const struct schema_row conf_rows_listen[] = {
	{
	    .key = "address",
	    .also = "port bind host addr server",
	    .type = SCHEMA_TEXT,
	    .at_start = true,
	    IN(struct conf_listen, address),
	    .is_required = true,
	    .check = conf_rows_check_address,
	    .prose = "Where clients connect. `*:PORT` is every IPv4 and "
		     "IPv6 address of the machine, `[::]:PORT` every IPv6 "
		     "address alone.",
	},
	ACCESS_ROWS(struct conf_listen, access),
	{
	    .key = "tls",
	    .also = "ssl https",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_listen_tls,
	},
	{
	    .key = "health",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_listen, health),
	    .check = check_health,
	    .prose = "A path such as `/health` for load balancers that can "
		     "only look at this port: GET and HEAD, HTTP/1.0 too, "
		     "get 200, or 503 while no new clients should come: "
		     "from the signal to stop on, through `shutdown.delay`. "
		     "Handshakes are not concerned. Not set: there is none.",
	},
	{
	    .key = "proxy_protocol",
	    .type = SCHEMA_BOOL,
	    IN(struct conf_listen, proxy_protocol),
	    .preset = "false",
	    .prose = "Whether each connection begins with a PROXY header "
		     "(version 1 or 2) that names the client. It is taken "
		     "from the addresses in `trusted` only; on a unix socket "
		     "from whoever may open it.",
	},
	{
	    .key = "trusted",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_listen, trusted),
	    .max = 1000,
	    .check = check_trusted,
	    .prose = "Addresses and prefixes of the proxies in front, such "
		     "as `10.0.0.0/8` or `2001:db8::1`. What they say in "
		     "`X-Forwarded-For` or a PROXY header about the client's "
		     "address is believed.",
	},
	END,
};

const struct schema_row conf_rows_route[] = {
	{
	    .key = "path",
	    .also = "location endpoint url",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_route, path),
	    .is_required = true,
	    .prose = "The path that clients ask for, written decoded. A "
		     "segment such as `{room}` is a parameter and matches "
		     "any text that is not empty.",
	},
	{
	    .key = "rooms",
	    .also = "room topic topics channel",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_route, rooms),
	    .is_required = true,
	    .min = 1,
	    .max = 256,
	    .prose = "The rooms a connection joins. `{NAME}` stands for a "
		     "parameter of the path, `{query.NAME}` for a query "
		     "parameter, in which commas separate several rooms. "
		     "With `auth`, `{user}` is who the client has proved to "
		     "be, and `{claim.NAME}` a claim of the token, or a field "
		     "of the app's answer or of the certificate; an array "
		     "makes several rooms. In YAML such a text needs quotes.",
	},
	{
	    .key = "auth",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_route, auth),
	    .preset = "none",
	    .prose = "The name of the authenticator that admits clients, a "
		     "key of the map `auth`; `none` admits everybody.",
	},
	{
	    .key = "permit",
	    .type = SCHEMA_TEXT,
	    IN(struct conf_route, permit),
	    .check = check_permit,
	    .prose = "`claim.NAME`: each room that the client chose itself, "
		     "by path or query, must match one of the glob patterns "
		     "in this claim; else 403. Not set: it may choose any.",
	},
	{
	    .key = "origins",
	    .also = "origin allowed_origins cors",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_route, origins),
	    .max = 1000,
	    .takes_null = true,
	    .check = conf_origin_check,
	    .prose = "The sites whose pages may connect: "
		     "`https://app.example.com`, `https://*.example.com` for "
		     "all names below it, or `null`; a browser from another "
		     "site gets 403. Requests without an Origin come from no "
		     "browser and pass. `[]`: not checked, but no page of "
		     "another origin can read an event stream; with a warning "
		     "at start where one of them may not be meant. `\"*\"` "
		     "says that everybody may.",
	},
	{
	    .key = "subprotocols",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_route, subprotocols),
	    .max = 64,
	    .check = check_subprotocol,
	    .prose = "WebSocket subprotocols that are accepted. The first "
		     "that the client offers and this lists is answered; "
		     "when there is none, the answer names none.",
	},
	{
	    .key = "transports",
	    .also = "sse websocket ws eventsource",
	    .type = SCHEMA_TEXTS,
	    IN(struct conf_route, transports),
	    .preset = "[" CONF_WEBSOCKET "]",
	    .is_distinct = true,
	    .min = 1,
	    .max = 2,
	    .words = transports_words,
	    .prose = "In what clients may get the route's messages: in the "
		     "frames of a WebSocket, or as server-sent events, which "
		     "`EventSource` in a browser asks for. Both have the same "
		     "rooms, the same `auth` and the same limits.",
	},
	{
	    .key = "frames",
	    .type = SCHEMA_WORD,
	    IN(struct conf_route, frames),
	    .preset = "text",
	    .words = frames_words,
	    .prose = "Kind of the frames that clients get. With `text`, "
		     "content that is not UTF-8 still goes as binary. "
		     "Server-sent events are text whatever this says.",
	},
	{
	    .key = "refuse",
	    .type = SCHEMA_WORD,
	    IN(struct conf_route, refuse),
	    .preset = "status",
	    .words = refuse_words,
	    .prose = "How a WebSocket that is refused hears why. `status`: "
		     "by an HTTP status, which a browser keeps from its page. "
		     "`close`: the upgrade completes, and a close frame "
		     "follows with 4000 and the status as its code and the "
		     "reason, which a page can read (docs/clients.md); and "
		     "credentials that expire end a connection with 4401 in "
		     "place of 1008. What is no handshake, and whoever asks "
		     "for an event stream, gets a status all the same.",
	},
	{
	    .key = "welcome",
	    .type = SCHEMA_BOOL,
	    IN(struct conf_route, welcome),
	    .preset = "false",
	    .prose = "Whether the first frame tells a client the id of "
		     "its connection: "
		     "`{\"type\":\"roomcast.welcome\",\"connection\":ID}`.",
	},
	{
	    .key = "presence",
	    .type = SCHEMA_WORD,
	    IN(struct conf_route, presence),
	    .preset = "off",
	    .words = presence_words,
	    .prose = "What apps can read in Redis of who is in the route's "
		     "rooms (docs/presence.md). `count`: how many connections "
		     "of each instance are in a room. `members`: also which "
		     "users, with how many connections each.",
	},
	{
	    .key = "resume",
	    .type = SCHEMA_DURATION,
	    IN(struct conf_route, resume_ms),
	    .preset = "false",
	    .zero = "false",
	    .most = "true",
	    .min = SECOND,
	    .max = CONF_RESUME_MOST_MS,
	    .prose = "Whether clients may ask with `?since=` for what they "
		     "missed while they were away (docs/delivery.md); a "
		     "duration bounds how far back. They may read what the "
		     "route's rooms had before they were let in. Needs "
		     "`history`.",
	},
	{
	    .key = "history",
	    .type = SCHEMA_COUNT,
	    IN(struct conf_route, history),
	    .preset = "0",
	    .max = 1000000,
	    .prose = "How many of the last messages a client may ask for at "
		     "most with `?history=N`; they come first. Whoever is let "
		     "in may then read what its rooms had before. Needs "
		     "`history` at the top level.",
	},
	END,
};
