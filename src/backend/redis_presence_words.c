/* redis_presence_words: see the header. */
#include "backend/redis_presence_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/seats.h"
#include "proto/hash_tag.h"

static const char room_script[] = {
#include "backend/presence/room.inc"
};
static const char beat_script[] = {
#include "backend/presence/beat.inc"
};
static const char sweep_script[] = {
#include "backend/presence/sweep.inc"
};

enum { SHA_LEN = 2 * CRYPTO_SHA1_BYTES };

static const struct slice scripts[] = {
	[PRESENCE_ROOM] = { room_script, sizeof room_script },
	[PRESENCE_BEAT] = { beat_script, sizeof beat_script },
	[PRESENCE_SWEEP] = { sweep_script, sizeof sweep_script },
};

struct redis_presence_words {
	const char *instance; /* its text may change */
	const char *stream;   /* a key; NULL: events go to none */
	const char *channel;  /* "": nor to this */
	bool tells_rooms;     /* occupied, vacated */
	char *prefix;         /* owned, as the next two */
	char *leases;
	char *own;       /* seats */
	char maxlen[24]; /* "": there is no stream */
	char lease_ms[24];
	char shas[PRESENCE_SCRIPTS][SHA_LEN + 1];
	bool is_known[PRESENCE_SCRIPTS];
	char count[16];
	struct buf key; /* the last that was made */
};

/* --- names --- */

const char *redis_presence_tag(const struct conf *conf)
{
	const struct conf_events *e = &conf->events;

	return e->is_on && e->stream ? e->stream : "roomcast";
}

/*
 * In a cluster all that a script touches is in one slot: that of the stream,
 * whose name as a whole is the tag unless it has one. The configuration refuses
 * names of which none can be made.
 */
static void put_tag(const char *stream, struct buf *out)
{
	struct slice tag = hash_tag_of(slice_str(stream));

	buf_printf(out, "{%.*s}:", (int)tag.len, tag.ptr);
}

static char *text_of(struct buf *b)
{
	buf_putn(b, "", 1);
	return b->data;
}

static char *make_prefix(const char *tag, bool is_in_cluster)
{
	struct buf b = { 0 };

	buf_puts(&b, "roomcast:presence:");
	if (is_in_cluster)
		put_tag(tag, &b);
	return text_of(&b);
}

static char *make_key(const char *prefix, const char *kind, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s%s%s", prefix, kind, name);
	return text_of(&b);
}

/* Of a room: borrowed until the next one. */
static struct slice key_of(
    struct redis_presence_words *w, const char *kind, struct slice room)
{
	w->key.len = 0;
	buf_puts(&w->key, w->prefix);
	buf_puts(&w->key, kind);
	buf_putn(&w->key, room.ptr, room.len);
	return buf_slice(&w->key);
}

static void tell_as(struct redis_presence_words *w, const struct conf *conf)
{
	const struct conf_events *e = &conf->events;

	w->channel = "";
	if (!e->is_on || !(e->kind_bits & CONF_EVENTS_OF_LEASE))
		return;
	w->tells_rooms = e->kind_bits & CONF_EVENTS_OCCUPANCY;
	w->stream = e->stream;
	if (e->channel)
		w->channel = e->channel;
	if (e->stream)
		(void)snprintf(w->maxlen, sizeof w->maxlen, "%zu", e->maxlen);
}

static void name_script(struct slice text, char sha[SHA_LEN + 1])
{
	unsigned char digest[CRYPTO_SHA1_BYTES];

	crypto_sha1(text.ptr, text.len, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		(void)snprintf(sha + 2 * i, 3, "%02x", digest[i]);
}

struct redis_presence_words *redis_presence_words_new(const struct conf *conf,
    const struct conf_redis *source, const char *instance)
{
	struct redis_presence_words *w = xcalloc(1, sizeof *w);

	w->instance = instance;
	tell_as(w, conf);
	w->prefix =
	    make_prefix(redis_presence_tag(conf), conf_has_cluster(source));
	w->leases = make_key(w->prefix, "leases", "");
	redis_presence_rename(w);
	(void)snprintf(
	    w->lease_ms, sizeof w->lease_ms, "%" PRId64, conf->events.lease_ms);
	for (int i = 0; i < PRESENCE_SCRIPTS; i++)
		name_script(scripts[i], w->shas[i]);
	return w;
}

void redis_presence_rename(struct redis_presence_words *w)
{
	free(w->own);
	w->own = make_key(w->prefix, "instance:", w->instance);
}

void redis_presence_words_free(struct redis_presence_words *w)
{
	if (!w)
		return;
	free(w->prefix);
	free(w->leases);
	free(w->own);
	buf_fini(&w->key);
	free(w);
}

/* --- commands --- */

static void add(struct redis_presence_command *c, struct slice word)
{
	c->arguments[c->count++] = word;
}

static void add_text(struct redis_presence_command *c, const char *word)
{
	add(c, slice_str(word));
}

static void begin(struct redis_presence_command *c, const char *name)
{
	c->count = 0;
	add_text(c, name);
}

/* Its keys follow, as many as the text says. */
static void call(struct redis_presence_command *c,
    const struct redis_presence_words *w, enum redis_presence_script script,
    const char *keys)
{
	bool is_known = w->is_known[script];

	begin(c, is_known ? "EVALSHA" : "EVAL");
	add(c, is_known ? slice_str(w->shas[script]) : scripts[script]);
	add_text(c, keys);
}

/* Where events go. A script takes no key where there is no stream. */
static void add_stream(
    struct redis_presence_command *c, const struct redis_presence_words *w)
{
	add_text(c, w->stream ? w->stream : w->leases);
}

static void add_events(struct redis_presence_command *c,
    const struct redis_presence_words *w, bool are_told)
{
	add_text(c, are_told ? w->maxlen : "");
	add_text(c, are_told ? w->channel : "");
}

void redis_presence_set_known(struct redis_presence_words *w,
    enum redis_presence_script script, bool is_known)
{
	w->is_known[script] = is_known;
}

bool redis_presence_is_known(
    const struct redis_presence_words *w, enum redis_presence_script script)
{
	return w->is_known[script];
}

struct slice redis_presence_key(
    struct redis_presence_words *w, const struct seat *seat)
{
	bool is_user = seat_user(seat_name(seat)).len > 0;

	return key_of(
	    w, is_user ? "members:" : "room:", seat_room(seat_name(seat)));
}

void redis_presence_write(struct redis_presence_words *w,
    const struct seat *seat, struct redis_presence_command *out)
{
	struct slice room = seat_room(seat_name(seat));
	struct slice user = seat_user(seat_name(seat));

	(void)snprintf(w->count, sizeof w->count, "%" PRIu32, seat->taken);
	call(out, w, PRESENCE_ROOM, "4");
	add_text(out, w->leases);
	add_text(out, w->own);
	add(out, redis_presence_key(w, seat));
	add_stream(out, w);
	add_text(out, w->instance);
	add(out, room);
	add(out, user);
	add_text(out, w->count);
	add_events(out, w, w->tells_rooms);
}

void redis_presence_beat(struct redis_presence_words *w, bool has_had,
    struct redis_presence_command *out)
{
	call(out, w, PRESENCE_BEAT, "1");
	add_text(out, w->leases);
	add_text(out, w->instance);
	add_text(out, w->lease_ms);
	add_text(out, has_had ? "again" : "new");
}

static void sweep(struct redis_presence_words *w, const char *whose,
    const char *mode, struct redis_presence_command *out)
{
	call(out, w, PRESENCE_SWEEP, "3");
	add_text(out, w->leases);
	add(out, key_of(w, "instance:", slice_str(whose)));
	add_stream(out, w);
	add_text(out, whose);
	add_text(out, mode);
	add_text(out, w->prefix);
	(void)snprintf(w->count, sizeof w->count, "%d", PRESENCE_SWEPT);
	add_text(out, w->count);
	add_events(out, w, w->tells_rooms);
	add_events(out, w, true);
}

void redis_presence_sweep(struct redis_presence_words *w, const char *instance,
    struct redis_presence_command *out)
{
	sweep(w, instance, "over", out);
}

void redis_presence_leave_all(struct redis_presence_words *w, bool owes_events,
    struct redis_presence_command *out)
{
	sweep(w, w->instance, owes_events ? "ends" : "leaves", out);
}

void redis_presence_scan(struct redis_presence_words *w, const char *cursor,
    struct redis_presence_command *out)
{
	begin(out, "SSCAN");
	add_text(out, w->own);
	add_text(out, cursor);
	add_text(out, "COUNT");
	add_text(out, "200");
}
