#include "core/parse.h"

#include "conf/conf.h"
#include "core/backend.h"
#include "proto/names.h"

void parse_init(struct parse *p, const struct conf *conf)
{
	*p = (struct parse){
		.send = slice_str(conf->channels.send),
		.broadcast = slice_str(conf->channels.broadcast),
		.commands = slice_str(conf->channels.control),
		.room_prefix = slice_str(conf->channels.room_prefix),
		.max_bytes = conf->limits.payload,
	};
}

void parse_fini(struct parse *p)
{
	envelope_fini(&p->envelope);
	control_fini(&p->control);
}

static bool is_channel(struct slice channel, struct slice configured)
{
	return configured.len > 0 && slice_eq(channel, configured);
}

enum channel parse_channel(const struct parse *p, struct slice channel)
{
	if (is_channel(channel, p->send))
		return CHANNEL_SEND;
	if (is_channel(channel, p->broadcast))
		return CHANNEL_BROADCAST;
	if (is_channel(channel, p->commands))
		return CHANNEL_COMMANDS;
	if (p->room_prefix.len > 0 &&
	    slice_starts_with(channel, p->room_prefix))
		return CHANNEL_ROOM;
	return CHANNEL_OTHER;
}

struct slice parse_room(const struct parse *p, struct slice channel)
{
	return slice_after(channel, p->room_prefix.len);
}

const struct envelope_fault *parse_payload(
    struct parse *p, enum channel kind, const struct backend_message *m)
{
	static const struct envelope_fault bad_room = {
		.reason = ENVELOPE_ROOM_NAME, .expected = ENVELOPE_ROOM_RULE
	};
	size_t offset;

	if (m->payload.len > p->max_bytes) {
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
