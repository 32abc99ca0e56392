#include "core/router.h"

#include "base/log.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "core/command.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/watches.h"
#include "core/worker.h"

static unsigned kinds_of(const struct conf *conf)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < conf->routes.count; i++)
		kinds |= 1u
			 << (conf->routes.items[i].frames == CONF_FRAMES_BINARY
				    ? MESSAGE_AS_BINARY
				    : MESSAGE_AS_TEXT);
	return kinds;
}

void router_init(struct router *r, const struct worker_shared *shared,
    struct watches *watches, struct outbox *outbox, struct metrics *metrics)
{
	const struct conf *conf = shared->conf;

	*r = (struct router){
		.conf = conf,
		.watches = watches,
		.outbox = outbox,
		.metrics = metrics,
		.send = slice_str(conf->channels.send),
		.broadcast = slice_str(conf->channels.broadcast),
		.commands = slice_str(conf->channels.control),
		.room_prefix = slice_str(conf->channels.room_prefix),
		.kinds = kinds_of(conf),
	};
	lookup_init(
	    &r->lookup, shared, &watches->interests, outbox->worker_count);
	compressor_init(&r->compressor, conf, metrics);
}

void router_fini(struct router *r)
{
	lookup_fini(&r->lookup);
	compressor_fini(&r->compressor);
	envelope_fini(&r->envelope);
	control_fini(&r->control);
}

/* --- what cannot be carried out --- */

static void drop(struct router *r, struct slice channel,
    enum envelope_reason reason, size_t offset)
{
	metrics_inc(
	    r->metrics, (enum metric)(METRIC_PAYLOAD_DROPPED_EMPTY +
				      ((int)reason - (int)ENVELOPE_EMPTY)));
	log_warn("hub", "payload dropped", kv_slice("channel", channel),
	    kv_str("reason", envelope_reason_label(reason)),
	    kv_str("why", envelope_reason_text(reason)),
	    kv_int("offset", (int64_t)offset));
}

static void drop_for_memory(struct router *r, size_t bytes)
{
	metrics_inc(r->metrics, METRIC_PAYLOAD_DROPPED_MEMORY);
	log_error("hub", "payload dropped: out of memory",
	    kv_int("bytes", (int64_t)bytes));
}

static void count_unrouted(struct router *r)
{
	metrics_inc(r->metrics, METRIC_PAYLOADS_UNROUTED);
}

/* --- messages --- */

/* Encode once and hand one reference to each worker of the bit set. */
static void post_message(struct router *r, struct slice content,
    enum content_kind kind, const struct aim *aim, uint64_t workers)
{
	const struct slice *deflated =
	    compressor_run(&r->compressor, content, aim->windows);
	struct message *m = message_new(content, kind, r->kinds, deflated, aim,
	    (uint32_t)__builtin_popcountll(workers));

	if (m)
		outbox_add(r->outbox, MAIL_MESSAGE, m, m->bytes, workers);
	else
		drop_for_memory(r, content.len);
}

static void post_to_targets(struct router *r, const struct target *targets,
    size_t count, struct slice content, enum content_kind kind)
{
	struct aim aim;
	uint64_t workers = lookup_find(&r->lookup, targets, count, true, &aim);

	if (workers == 0)
		count_unrouted(r);
	else
		post_message(r, content, kind, &aim, workers);
}

static void on_send(
    struct router *r, struct slice channel, struct slice payload)
{
	struct envelope *e = &r->envelope;
	const struct targets *targets = &e->store.targets;
	size_t offset = 0;
	enum envelope_reason reason = envelope_parse(e, payload, &offset);

	if (reason != ENVELOPE_OK)
		drop(r, channel, reason, offset);
	else
		post_to_targets(
		    r, targets->items, targets->count, e->content, e->kind);
}

static void on_broadcast(struct router *r, struct slice payload)
{
	const struct aim everyone = {
		.is_everyone = true,
		.windows = r->watches->interests.windows,
	};

	post_message(r, payload, CONTENT_ANY, &everyone, outbox_all(r->outbox));
}

static void on_room(
    struct router *r, struct slice channel, struct slice payload)
{
	const struct target target = { TARGET_ROOM,
		slice_after(channel, r->room_prefix.len) };

	if (!room_name_is_valid(target.name))
		drop(r, channel, ENVELOPE_ROOM_NAME, 0);
	else
		post_to_targets(r, &target, 1, payload, CONTENT_ANY);
}

/* --- commands --- */

/* Hand the command to the workers of the bit set, as a message is. */
static void post_command(struct router *r, const struct control *c,
    const struct aim *whom, uint64_t workers)
{
	const struct targets *targets = &c->store.targets;
	struct aim where = { .rooms = NULL };
	struct command *cmd;

	if (c->command != CONTROL_DISCONNECT)
		lookup_rooms(
		    &r->lookup, targets->items, targets->count, &where);
	cmd = command_new(
	    c, whom, &where, (uint32_t)__builtin_popcountll(workers));
	if (!cmd) {
		drop_for_memory(r, aim_size(whom) + aim_size(&where));
		return;
	}
	if (cmd->kind == CONTROL_JOIN)
		watches_expect(r->watches, &cmd->where, workers);
	outbox_add(r->outbox, MAIL_COMMAND, cmd, cmd->bytes, workers);
}

static void on_command(
    struct router *r, struct slice channel, struct slice payload)
{
	struct control *c = &r->control;
	const struct targets *targets = &c->store.targets;
	size_t offset = 0;
	enum envelope_reason reason = control_parse(c, payload, &offset);
	struct aim whom;
	uint64_t workers;

	if (reason != ENVELOPE_OK) {
		drop(r, channel, reason, offset);
		return;
	}
	metrics_inc(
	    r->metrics, (enum metric)(METRIC_COMMANDS_JOIN + (int)c->command));
	workers = lookup_find(&r->lookup, targets->items, targets->count,
	    c->command == CONTROL_DISCONNECT, &whom);
	if (workers == 0)
		count_unrouted(r);
	else
		post_command(r, c, &whom, workers);
}

static bool is_channel(struct slice channel, struct slice configured)
{
	return configured.len > 0 && slice_eq(channel, configured);
}

void router_take(struct router *r, struct slice channel, struct slice payload)
{
	metrics_inc(r->metrics, METRIC_PAYLOADS);
	metrics_add(r->metrics, METRIC_PAYLOAD_BYTES, payload.len);
	if (payload.len > r->conf->limits.payload)
		drop(r, channel, ENVELOPE_TOO_BIG, payload.len);
	else if (is_channel(channel, r->send))
		on_send(r, channel, payload);
	else if (is_channel(channel, r->broadcast))
		on_broadcast(r, payload);
	else if (is_channel(channel, r->commands))
		on_command(r, channel, payload);
	else if (r->room_prefix.len > 0 &&
		 slice_starts_with(channel, r->room_prefix))
		on_room(r, channel, payload);
}
