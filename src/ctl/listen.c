/*
 * listen: see listen.h. A connection that ends is made again, later after each
 * failure and never at the same moment as all others; what the app has closed,
 * and what was refused for good, is not.
 */
#include "ctl/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "ctl/call.h"
#include "ctl/heard.h"
#include "ctl/stream.h"
#include "ctl/websocket.h"
#include "ctl/ws_url.h"
#include "sys/tls_client.h"

enum {
	QUIET_MS = 30000, /* behind it a ping is sent, behind two it is over */
	PAUSE_MIN_MS = 500,
	PAUSE_MAX_MS = 30000,
	STEADY_MS = 10000, /* behind it the next pause is the first again */
	MESSAGE_PRESET = 16 << 20,
	MESSAGE_MAX = 1 << 30,
	SINCE_MAX = 64, /* docs/delivery.md: of an id */
	APP_CODES = 4000,
	PUT_OFF_FAST = 4429, /* what a route with `refuse: close` says, */
	PUT_OFF_FULL = 4503, /* and means: come back later */
};

const struct option listen_options[] = {
	{ "--count", "COUNT", "end behind so many messages" },
	{ "--since", "ID", "with ids, from behind this one; empty:\nfrom now" },
	{ "--header", "NAME: VALUE", "one more in the request" },
	{ "--subprotocol", "LIST", "as roomcast.jwt,TOKEN" },
	{ "--ca", "FILE",
	    "whom to believe, for wss:// (default:\n"
	    "as the system does)" },
	{ "--cert", "FILE", "who we are, where a listener asks for it (PEM)" },
	{ "--key", "FILE", "its private key" },
	{ "--max-size", "SIZE", "of a message (default: 16MiB)" },
	{ "--no-reconnect", NULL, "end when the connection does" },
	{ "--timeout", "TIME", "to be let in (default: 10s)" },
	{ "--json", NULL, "an object a line, for programs" },
	{ NULL, NULL, NULL },
};

struct listen {
	const struct call *call;
	struct ws_url url;
	struct buf headers; /* owned; whole lines */
	struct tls_client_files files;
	size_t max_message;
	bool with_ids;
	char since[SINCE_MAX + 1]; /* the newest id that was printed */
	int64_t left;              /* messages to print; below 0: no end */
	bool is_broken;            /* standard output takes no more */
};

/* --- what comes --- */

static void keep_id(struct listen *l, struct slice id)
{
	if (id.len > 0 && id.len <= SINCE_MAX)
		*slice_put(id, l->since) = '\0';
}

static void on_message(void *arg, bool is_text, struct slice bytes)
{
	struct listen *l = arg;
	struct heard h = heard_parse(l->with_ids, is_text, bytes);
	struct buf out = { 0 };

	if (l->left == 0 || l->is_broken)
		return;
	if (l->call->is_json)
		heard_put_json(&h, clock_wall_ms(), &out);
	else
		heard_put_text(&h, clock_wall_ms(), &out);
	l->is_broken = call_print(buf_slice(&out)) != CTL_OK;
	buf_fini(&out);
	keep_id(l, h.id);
	if (l->left > 0 && h.note.len == 0)
		l->left--;
}

/* Until the end of the connection, of the messages, or of the output. */
static int follow(struct listen *l, struct websocket *w, struct err *e)
{
	bool is_pinged = false;

	while (l->left != 0 && !l->is_broken) {
		int rc = websocket_step(w, QUIET_MS, on_message, l, e);

		if (rc == -EAGAIN && is_pinged)
			return err_set(e, -ETIMEDOUT, "nothing comes any more");
		is_pinged = rc == -EAGAIN;
		if (is_pinged)
			rc = websocket_ping(w, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- one connection --- */

static int open_websocket(
    struct listen *l, struct websocket **w, int *status, struct err *e)
{
	struct buf target = { 0 };
	struct websocket_request r = {
		.host = l->url.authority,
		.headers = buf_slice(&l->headers),
		.max_message = l->max_message,
	};
	int64_t until_ms = clock_ms() + l->call->patience_ms;
	struct stream *s;
	int rc;

	*status = 0;
	rc = stream_open(
	    &s, &l->url.address, l->url.is_tls ? &l->files : NULL, until_ms, e);
	if (rc < 0)
		return rc;
	ws_url_put_target(&l->url, l->with_ids ? l->since : NULL, &target);
	r.target = buf_slice(&target);
	rc = websocket_open(w, &s, &r, until_ms, status, e);
	buf_fini(&target);
	return rc;
}

/* How one has ended. */
struct end {
	int rc; /* 0: all has come that was asked for */
	bool was_open;
	bool was_steady; /* open for as long as one that is well */
	int status;      /* of a refusal; 0: of none */
	uint16_t code;   /* of an open one */
	struct err why;
};

static struct end listen_once(struct listen *l)
{
	struct end end = { .rc = 0 };
	struct websocket *w;
	int64_t begin_ms;

	end.rc = open_websocket(l, &w, &end.status, &end.why);
	if (end.rc < 0)
		return end;
	begin_ms = clock_ms();
	end.was_open = true;
	end.rc = follow(l, w, &end.why);
	end.was_steady = clock_ms() - begin_ms >= STEADY_MS;
	end.code = websocket_code(w);
	websocket_close(w);
	return end;
}

/* --- one behind the other --- */

/* By a refusal, mostly, for which the upgrade has completed. */
static bool is_put_off(const struct end *end)
{
	return end->code == PUT_OFF_FAST || end->code == PUT_OFF_FULL;
}

/* The app has closed it, or nobody would let us in the next time either. */
static bool is_final(const struct end *end)
{
	bool is_busy = end->status == 408 || end->status == 429;

	return (end->code >= APP_CODES && !is_put_off(end)) ||
	       (end->status > 0 && end->status < 500 && !is_busy);
}

static void wait_some(int most_ms)
{
	uint32_t random;
	int ms;

	crypto_random(&random, sizeof random);
	ms = most_ms / 2 + (int)(random % (uint32_t)(most_ms / 2));
	(void)nanosleep(&(struct timespec){ .tv_sec = ms / 1000,
			    .tv_nsec = ms % 1000 * 1000000L },
	    NULL);
}

static enum ctl_exit give_up(const struct end *end)
{
	bool was_answered = end->was_open || end->status > 0;

	return call_fail(
	    was_answered ? CTL_NO : CTL_UNREACHED, "listen: %s", end->why.text);
}

static enum ctl_exit run(struct listen *l)
{
	bool comes_back = false; /* it was there, and may be again */
	int pause_ms = PAUSE_MIN_MS;

	for (;;) {
		struct end end = listen_once(l);

		if (end.rc == 0 || l->is_broken)
			return l->is_broken ? CTL_NO : CTL_OK;
		if (end.was_open)
			comes_back =
			    !args_has(&l->call->args, "--no-reconnect");
		if (end.was_steady)
			pause_ms = PAUSE_MIN_MS;
		if (!comes_back || is_final(&end))
			return give_up(&end);
		(void)call_fail(
		    CTL_NO, "listen: %s; it is tried again", end.why.text);
		wait_some(pause_ms);
		pause_ms =
		    pause_ms < PAUSE_MAX_MS / 2 ? 2 * pause_ms : PAUSE_MAX_MS;
	}
}

/* --- what is asked for --- */

static int take_files(struct listen *l, struct err *e)
{
	const struct args *a = &l->call->args;

	l->files = (struct tls_client_files){
		.ca = args_text(a, "--ca"),
		.certificate = args_text(a, "--cert"),
		.key = args_text(a, "--key"),
	};
	if (!l->files.certificate != !l->files.key)
		return err_set(e, -EINVAL, "--cert and --key go together");
	return l->files.key ? tls_client_check_pair(&l->files, e) : 0;
}

static int take_headers(struct listen *l, struct err *e)
{
	const struct args *a = &l->call->args;
	const char *protocols = args_text(a, "--subprotocol");
	const char *line;

	for (size_t i = 0; (line = args_nth(a, "--header", i)); i++) {
		if (!strchr(line, ':') || strpbrk(line, "\r\n"))
			return err_set(e, -EINVAL,
			    "--header: must be NAME: VALUE, on one line");
		buf_printf(&l->headers, "%s\r\n", line);
	}
	if (protocols && strpbrk(protocols, "\r\n"))
		return err_set(
		    e, -EINVAL, "--subprotocol: must be on one line");
	if (protocols)
		buf_printf(
		    &l->headers, "Sec-WebSocket-Protocol: %s\r\n", protocols);
	return 0;
}

static int take_since(struct listen *l, struct err *e)
{
	const char *since = args_text(&l->call->args, "--since");

	l->with_ids = since != NULL;
	if (since && strlen(since) > SINCE_MAX)
		return err_set(e, -EINVAL, "--since: no id is as long");
	if (since)
		*slice_put(slice_str(since), l->since) = '\0';
	return 0;
}

static int take_bounds(struct listen *l, struct err *e)
{
	const struct args *a = &l->call->args;
	int64_t size;
	int rc = args_quantity(
	    a, "--count", QUANTITY_COUNT, INT32_MAX, -1, &l->left, e);

	if (rc == 0)
		rc = args_quantity(a, "--max-size", QUANTITY_SIZE, MESSAGE_MAX,
		    MESSAGE_PRESET, &size, e);
	if (rc == 0)
		l->max_message = (size_t)size;
	return rc;
}

enum ctl_exit listen_print(const struct call *c)
{
	struct listen l = { .call = c };
	enum ctl_exit code;
	struct err e;

	if (ws_url_parse(&l.url, args_operand(&c->args, 0), &e) < 0 ||
	    take_files(&l, &e) < 0 || take_headers(&l, &e) < 0 ||
	    take_since(&l, &e) < 0 || take_bounds(&l, &e) < 0)
		code = call_fail(CTL_USAGE, "listen: %s", e.text);
	else
		code = run(&l);
	buf_wipe(&l.headers); /* a token, maybe */
	return code;
}
