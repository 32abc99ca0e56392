#include "core/parse.h"

#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "proto/names.h"

void parse_init(struct parse *p, const struct conf *conf)
{
	*p = (struct parse){ .confs = conf_generations_of(conf) };
}

void parse_use_conf(struct parse *p, const struct conf *conf)
{
	conf_generations_use(&p->confs, conf);
}

void parse_fini(struct parse *p)
{
	envelope_fini(&p->envelope);
	control_fini(&p->control);
	conf_generations_fini(&p->confs);
}

static bool is_channel(struct slice channel, const char *configured)
{
	return configured[0] && slice_eq(channel, slice_str(configured));
}

static bool is_room(const struct conf *c, struct slice channel)
{
	return c->channels.room_prefix[0] &&
	       slice_starts_with(channel, slice_str(c->channels.room_prefix));
}

static enum channel kind_of(const struct conf *c, struct slice channel)
{
	if (is_channel(channel, c->channels.send))
		return CHANNEL_SEND;
	if (is_channel(channel, c->channels.broadcast))
		return CHANNEL_BROADCAST;
	if (is_channel(channel, c->channels.control))
		return CHANNEL_COMMANDS;
	return is_room(c, channel) ? CHANNEL_ROOM : CHANNEL_OTHER;
}

enum channel parse_channel(const struct parse *p, struct slice channel)
{
	enum channel kind = CHANNEL_OTHER;

	for (size_t i = 0; kind == CHANNEL_OTHER && i < p->confs.count; i++)
		kind = kind_of(p->confs.of[i], channel);
	return kind;
}

struct slice parse_room(const struct parse *p, struct slice channel)
{
	const struct conf *const *of = p->confs.of;

	while (!is_room(*of, channel))
		of++;
	return slice_after(channel, strlen((*of)->channels.room_prefix));
}

bool parse_has_all(const struct parse *p, const struct backend_message *m)
{
	return backend_message_is_held(m) &&
	       m->payload.len <= p->confs.of[0]->limits.payload;
}

const struct envelope_fault *parse_payload(
    struct parse *p, enum channel kind, const struct backend_message *m)
{
	static const struct envelope_fault bad_room = {
		.reason = ENVELOPE_ROOM_NAME, .expected = ENVELOPE_ROOM_RULE
	};
	size_t offset;

	if (!parse_has_all(p, m)) {
		p->too_big = (struct envelope_fault){
			.reason = ENVELOPE_TOO_BIG,
			.offset = m->payload.len,
		};
		return &p->too_big;
	}
	if (kind == CHANNEL_SEND &&
	    envelope_parse(&p->envelope, m->payload, &offset))
		return &p->envelope.store.fault;
	if (kind == CHANNEL_COMMANDS &&
	    control_parse(&p->control, m->payload, &offset))
		return &p->control.store.fault;
	if (kind == CHANNEL_ROOM &&
	    !room_name_is_valid(parse_room(p, m->channel)))
		return &bad_room;
	return NULL;
}

/* Whom it names: NULL is everybody, or its channel says it. */
static const struct targets *targets_of(
    const struct parse *p, enum channel kind)
{
	if (kind == CHANNEL_SEND)
		return &p->envelope.store.targets;
	return kind == CHANNEL_COMMANDS ? &p->control.store.targets : NULL;
}

void parse_log(const struct parse *p, enum channel kind,
    const struct backend_message *m, uint64_t workers)
{
	const struct targets *t;
	struct slice first = slice_of("", 0);

	if (!log_is_on(LOG_HUB, LOG_DEBUG))
		return;
	t = targets_of(p, kind);
	if (t && t->count > 0)
		first = t->items[0].name;
	log_debug(LOG_HUB, "payload", kv_slice("channel", m->channel),
	    kv_int("bytes", (int64_t)m->payload.len),
	    t ? kv_int("targets", (int64_t)t->count) : kv_none,
	    first.len > 0 ? kv_slice("first", first) : kv_none,
	    kv_int("workers", __builtin_popcountll(workers)));
}
