/*
 * hookrig: a hook on an event base of its own, and the app that it asks: a
 * process, tests/integration/rig/hookapp.py, which ends with its input.
 */
#ifndef HOOKRIG_H
#define HOOKRIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "net/hook.h"
#include "unit.h"

enum { RIG_MAX = 512 };

struct asked {
	struct rig *rig;
	struct hook_call *call; /* NULL once answered */
	unsigned answers;
	int status; /* 0 until then */
	char user[256];
	char room[256]; /* the first one */
	size_t room_count;
	char *head; /* what /echo has seen; owned */
};

struct rig {
	struct event_base *base;
	struct event *tick; /* the loop turns, so that conditions are seen */
	struct metrics metrics;
	struct conf_auth auth;
	char url[128];
	struct hook *hook;
	pid_t pid;
	int input;
	unsigned port;
	struct asked asked[RIG_MAX];
	size_t asked_count;
	size_t answered;
};

/* --- the app --- */

static inline void app_start(struct rig *r)
{
	int in[2], out[2];
	char line[16] = "";

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	r->pid = fork();
	ck_assert_int_ge(r->pid, 0);
	if (r->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		execl("/usr/bin/python3", "python3",
		    "tests/integration/rig/hookapp.py", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	r->input = in[1];
	ck_assert_int_gt(read(out[0], line, sizeof line - 1), 0);
	close(out[0]);
	r->port = (unsigned)strtoul(line, NULL, 10);
}

static inline void app_end(struct rig *r)
{
	if (r->pid == 0)
		return;
	close(r->input);
	kill(r->pid, SIGTERM); /* a handler may be in the middle of a wait */
	ck_assert_int_eq(waitpid(r->pid, NULL, 0), r->pid);
}

/* A connection to the app that is not the hook's. */
static inline int app_connect(struct rig *r)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)r->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

/* Do /control/WHAT; the app's state behind it, owned by the caller. */
static inline cJSON *app_control(struct rig *r, const char *what)
{
	char text[2048];
	int fd = app_connect(r);
	size_t len = 0;
	ssize_t n;
	cJSON *state;

	n = snprintf(text, sizeof text,
	    "GET /control/%s HTTP/1.1\r\nConnection: close\r\n\r\n", what);
	ck_assert_int_eq(send(fd, text, (size_t)n, 0), n);
	while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n"));
	state = cJSON_Parse(strstr(text, "\r\n\r\n"));
	ck_assert_ptr_nonnull(state);
	return state;
}

static inline void app_tell(struct rig *r, const char *what)
{
	cJSON_Delete(app_control(r, what));
}

/* The number of that name in the app's state. */
static inline int app_state(struct rig *r, const char *name)
{
	cJSON *state = app_control(r, "state");
	const cJSON *number = cJSON_GetObjectItem(state, name);
	int value;

	ck_assert(cJSON_IsNumber(number));
	value = number->valueint;
	cJSON_Delete(state);
	return value;
}

/* --- the hook --- */

/* The app's port is put where the URL has %u. */
static inline struct hook *rig_hook(
    struct rig *r, const char *url, unsigned connections, int timeout_ms)
{
	struct err e;
	int len;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	len = snprintf(r->url, sizeof r->url, url, r->port);
#pragma GCC diagnostic pop
	ck_assert_int_lt(len, (int)sizeof r->url);
	r->auth = (struct conf_auth){ .type = CONF_AUTH_HTTP,
		.name = r->url,
		.url = r->url,
		.timeout_ms = timeout_ms };
	hook_free(r->hook);
	r->hook =
	    hook_new(r->base, &r->auth, NULL, connections, &r->metrics, &e);
	ck_assert_ptr_nonnull(r->hook);
	return r->hook;
}

static inline void rig_on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

/* With an app that is running. */
static inline struct rig *rig_new(void)
{
	struct rig *r = xcalloc(1, sizeof *r);
	const struct timeval often = { 0, 5000 };

	(void)signal(SIGPIPE, SIG_IGN);
	r->base = event_base_new();
	r->tick = event_new(r->base, -1, EV_PERSIST, rig_on_tick, NULL);
	ck_assert_int_eq(event_add(r->tick, &often), 0);
	app_start(r);
	return r;
}

static inline void rig_free(struct rig *r)
{
	hook_free(r->hook);
	/* Twice: what a look-up left behind goes in later turns. */
	for (int i = 0; i < 3; i++)
		event_base_loop(r->base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(
	    atomic_load(&r->metrics.values[METRIC_HOOK_QUEUED]), 0);
	event_free(r->tick);
	event_base_free(r->base);
	libevent_global_shutdown();
	app_end(r);
	for (size_t i = 0; i < r->asked_count; i++)
		free(r->asked[i].head);
	free(r);
}

static inline void rig_on_answer(void *arg, const struct hook_answer *answer)
{
	struct asked *a = arg;
	const cJSON *head =
	    cJSON_GetObjectItemCaseSensitive(answer->identity.claims, "head");
	const cJSON *rooms =
	    cJSON_GetObjectItemCaseSensitive(answer->identity.claims, "rooms");

	a->call = NULL;
	a->answers++;
	a->status = answer->status;
	a->rig->answered++;
	if (answer->identity.user)
		(void)snprintf(
		    a->user, sizeof a->user, "%s", answer->identity.user);
	a->room_count = (size_t)cJSON_GetArraySize(rooms);
	if (a->room_count > 0)
		(void)snprintf(a->room, sizeof a->room, "%s",
		    cJSON_GetArrayItem(rooms, 0)->valuestring);
	if (head)
		a->head = xstrdup(head->valuestring);
}

static inline struct asked *rig_ask_with(
    struct rig *r, const struct hook_request *rq)
{
	struct asked *a = &r->asked[r->asked_count++];

	ck_assert_uint_le(r->asked_count, RIG_MAX);
	a->rig = r;
	a->call = hook_ask(r->hook, rq, rig_on_answer, a);
	ck_assert_uint_eq(a->answers, 0); /* never at once */
	return a;
}

static inline struct asked *rig_ask(struct rig *r)
{
	const struct hook_request rq = {
		.uri = slice_str("/ws/a?token=s3cret"),
		.client_address = slice_str("192.0.2.7"),
		.connection_id = slice_str("c0ffee"),
	};

	return rig_ask_with(r, &rq);
}

#define rig_until(r, condition)                                  \
	do {                                                     \
		while (!(condition))                             \
			event_base_loop((r)->base, EVLOOP_ONCE); \
	} while (0)

/* Ask, and run until it is answered: the status. */
static inline int rig_status(struct rig *r)
{
	struct asked *a = rig_ask(r);

	ck_assert_ptr_nonnull(a->call);
	rig_until(r, a->answers > 0);
	return a->status;
}

static inline unsigned rig_metric(struct rig *r, enum metric id)
{
	return (unsigned)atomic_load(&r->metrics.values[id]);
}

#endif
