#include "core/router.h"

#include "base/log.h"
#include "conf/conf.h"
#include "core/command.h"
#include "core/dropped.h"
#include "core/glance.h"
#include "core/keeper.h"
#include "core/kinds.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/publication.h"
#include "core/watches.h"
#include "core/worker.h"

/* Those with an id that may be deflated. */
enum {
	ID_KINDS = 1 << MESSAGE_AS_TEXT_WITH_ID | 1 << MESSAGE_AS_BINARY_WITH_ID
};

void router_init(struct router *r, const struct conf *conf,
    const struct worker_shared *shared, struct watches *watches,
    struct outbox *outbox, struct keeper *keeper, struct metrics *metrics)
{
	*r = (struct router){
		.watches = watches,
		.outbox = outbox,
		.metrics = metrics,
		.keeper = keeper,
		.glances = glance_is_enough(conf),
		.kinds = kinds_of(conf),
	};
	list_init(&r->publications);
	parse_init(&r->parse, conf);
	lookup_init(&r->lookup, shared, &watches->interests,
	    outbox->worker_count, keeper->history != NULL);
	compressor_init(&r->compressor, conf, metrics);
}

bool router_use_conf(struct router *r, const struct conf *conf)
{
	unsigned kinds = r->kinds | kinds_of(conf);
	bool is_of_use =
	    compressor_use_conf(&r->compressor, conf) && kinds == r->kinds;

	r->kinds = kinds;
	parse_use_conf(&r->parse, conf);
	return is_of_use;
}

void router_fini(struct router *r)
{
	lookup_fini(&r->lookup);
	compressor_fini(&r->compressor);
	parse_fini(&r->parse);
}

/* --- what comes of a payload --- */

static const struct backend_verdict somebody = { true, NULL };
static const struct backend_verdict nobody = { false, NULL };

static struct backend_verdict dropped(struct router *r)
{
	return (struct backend_verdict){ false, r->why_not };
}

static struct backend_verdict drop(
    struct router *r, struct slice channel, const struct envelope_fault *f)
{
	dropped_tell(channel, f, r->metrics, r->why_not);
	return dropped(r);
}

/* --- what is lost here --- */

/* It was for somebody; where nothing is kept nobody has a cursor for it. */
static void lose(struct router *r)
{
	if (keeper_keeps(r->keeper))
		keeper_lose(r->keeper);
}

static bool is_loss(const struct envelope_fault *fault)
{
	return fault->reason == ENVELOPE_TOO_BIG ||
	       fault->reason == ENVELOPE_MEMORY;
}

static struct backend_verdict drop_for_memory(struct router *r, size_t bytes)
{
	const struct envelope_fault fault = { .reason = ENVELOPE_MEMORY };

	lose(r);
	metrics_inc(r->metrics, METRIC_PAYLOAD_DROPPED_MEMORY);
	log_error(LOG_HUB, "payload dropped: out of memory",
	    kv_int("bytes", (int64_t)bytes));
	envelope_fault_print(&fault, r->why_not);
	return dropped(r);
}

static struct backend_verdict count_unrouted(struct router *r)
{
	if (r->keeper->is_past)
		return nobody;
	metrics_inc(r->metrics, METRIC_PAYLOADS_UNROUTED);
	return nobody;
}

/* --- messages --- */

/* One message on its way: what it is, and for whom. */
struct post {
	struct slice content;
	enum content_kind kind;
	struct aim aim;
	uint64_t workers;
	bool is_kept;
};

static void deflate(struct router *r, struct message_parts *parts)
{
	parts->deflated = compressor_run(&r->compressor, parts->content);
	if (r->kinds & ID_KINDS)
		parts->deflated_with_id = compressor_run_with_id(
		    &r->compressor, parts->id, parts->content);
}

/*
 * Encode once and hand one reference to each worker of the bit set, and to the
 * history. What that has is no queued memory.
 */
static struct backend_verdict post_message(struct router *r, struct post *p)
{
	struct message_parts parts = {
		.content = p->content,
		.kind = p->kind,
		.kinds = r->kinds,
		.after = keeper_after(r->keeper),
		.is_kept = p->is_kept,
		.read_us = r->read_us,
		.publication = r->publication,
	};
	uint32_t refs;
	struct message *m;

	if (r->keeper->is_past)
		p->workers = 0;
	refs = (uint32_t)__builtin_popcountll(p->workers) + p->is_kept;
	if (refs == 0)
		return count_unrouted(r);
	if (p->is_kept)
		parts.id = slice_str(r->keeper->id);
	if (p->aim.wants_deflated)
		deflate(r, &parts);
	m = message_new(&parts, &p->aim, refs);
	if (!m)
		return drop_for_memory(r, parts.content.len);
	if (p->workers)
		outbox_add(r->outbox, MAIL_MESSAGE, m, m->bytes, p->workers);
	r->posted = p->workers;
	if (r->publication)
		publication_expect(r->publication, refs - p->is_kept);
	if (p->is_kept)
		keeper_keep(r->keeper, m); /* perhaps the only reference */
	else
		metrics_add(r->metrics, METRIC_QUEUED_MEMORY, m->bytes);
	return p->workers ? somebody : count_unrouted(r);
}

/* Who may have had a connection that is named has perhaps ended since. */
static uint64_t find(struct router *r, const struct target *targets,
    size_t count, bool with_rooms, struct aim *aim)
{
	return lookup_find(&r->lookup, targets, count, with_rooms, aim) &
	       outbox_all(r->outbox);
}

static struct backend_verdict post_to_targets(struct router *r,
    const struct target *targets, size_t count, struct post *p)
{
	p->workers = find(r, targets, count, true, &p->aim);
	if (aim_count(&p->aim) == 0)
		p->is_kept = false; /* for a connection of long ago */
	return post_message(r, p);
}

static struct backend_verdict take_envelope(struct router *r)
{
	const struct envelope *e = &r->parse.envelope;
	const struct targets *targets = &e->store.targets;
	struct post p = {
		.content = e->content,
		.kind = e->kind,
		.is_kept = keeper_keeps(r->keeper) && e->keep,
	};

	return post_to_targets(r, targets->items, targets->count, &p);
}

static struct backend_verdict take_broadcast(
    struct router *r, struct slice payload)
{
	struct post p = {
		.content = payload,
		.kind = CONTENT_ANY,
		.aim = {
			.is_everyone = true,
			.wants_deflated = interests_want_deflated(
			    &r->watches->interests),
		},
		.workers = outbox_all(r->outbox),
		.is_kept = keeper_keeps(r->keeper),
	};

	return post_message(r, &p);
}

static struct backend_verdict take_room(
    struct router *r, struct slice channel, struct slice payload)
{
	const struct target target = { TARGET_ROOM,
		parse_room(&r->parse, channel) };
	struct post p = {
		.content = payload,
		.kind = CONTENT_ANY,
		.is_kept = keeper_keeps(r->keeper),
	};

	return post_to_targets(r, &target, 1, &p);
}

/* --- commands --- */

/* Hand the command to the workers of the bit set, as a message is. */
static struct backend_verdict post_command(struct router *r,
    const struct control *c, const struct aim *whom, uint64_t workers)
{
	const struct targets *targets = &c->store.targets;
	struct aim where = { .rooms = NULL };
	struct command *cmd;

	if (c->command != CONTROL_DISCONNECT)
		lookup_rooms(
		    &r->lookup, targets->items, targets->count, &where);
	cmd = command_new(
	    c, whom, &where, (uint32_t)__builtin_popcountll(workers));
	if (!cmd)
		return drop_for_memory(r, aim_size(whom) + aim_size(&where));
	cmd->after = keeper_after(r->keeper);
	if (cmd->kind == CONTROL_JOIN)
		watches_expect(r->watches, &cmd->where, workers);
	outbox_add(r->outbox, MAIL_COMMAND, cmd, cmd->bytes, workers);
	r->posted = workers;
	return somebody;
}

/* Also at a boot read: what it names may have been read again. */
static struct backend_verdict take_forget(struct router *r)
{
	const struct targets *t = &r->parse.control.store.targets;
	struct aim where;
	size_t count;

	lookup_rooms(&r->lookup, t->items, t->count, &where);
	count = keeper_forget(r->keeper, t, r->lookup.named, where.room_count);
	return count > 0 ? somebody : nobody;
}

static struct backend_verdict take_command(struct router *r)
{
	static const enum metric by_command[] = {
		[CONTROL_JOIN] = METRIC_COMMANDS_JOIN,
		[CONTROL_LEAVE] = METRIC_COMMANDS_LEAVE,
		[CONTROL_DISCONNECT] = METRIC_COMMANDS_DISCONNECT,
		[CONTROL_FORGET] = METRIC_COMMANDS_FORGET,
	};
	struct control *c = &r->parse.control;
	const struct targets *targets = &c->store.targets;
	struct aim whom;
	uint64_t workers;

	if (!r->keeper->is_past)
		metrics_inc(r->metrics, by_command[c->command]);
	if (c->command == CONTROL_FORGET)
		return take_forget(r);
	if (r->keeper->is_past)
		return nobody; /* it has been, by whoever read it first */
	workers = find(r, targets->items, targets->count,
	    c->command == CONTROL_DISCONNECT, &whom);
	if (workers == 0)
		return count_unrouted(r);
	return post_command(r, c, &whom, workers);
}

/* --- payloads --- */

static void count(struct router *r, struct slice payload)
{
	metrics_inc(r->metrics, METRIC_PAYLOADS);
	metrics_add(r->metrics, METRIC_PAYLOAD_BYTES, payload.len);
}

/* What it says counts. */
static struct backend_verdict take_good(
    struct router *r, enum channel kind, const struct backend_message *m)
{
	switch (kind) {
	case CHANNEL_SEND:
		return take_envelope(r);
	case CHANNEL_BROADCAST:
		return take_broadcast(r, m->payload);
	case CHANNEL_COMMANDS:
		return take_command(r);
	case CHANNEL_ROOM:
		return take_room(r, m->channel, m->payload);
	case CHANNEL_OTHER:
		break;
	}
	return nobody;
}

static struct backend_verdict take(
    struct router *r, const struct backend_message *m)
{
	enum channel kind = parse_channel(&r->parse, m->channel);
	const struct envelope_fault *fault;
	struct backend_verdict verdict;

	if (r->keeper->history)
		keeper_place(r->keeper, m, kind != CHANNEL_OTHER);
	if (r->glances && kind == CHANNEL_SEND &&
	    glance_finds_nobody(m, &r->parse, &r->lookup)) {
		count(r, m->payload);
		return count_unrouted(r);
	}
	fault = parse_payload(&r->parse, kind, m);
	count(r, m->payload);
	if (fault && is_loss(fault))
		lose(r);
	if (fault)
		return drop(r, m->channel, fault);
	r->posted = 0;
	verdict = take_good(r, kind, m);
	parse_log(&r->parse, kind, m, r->posted);
	return verdict;
}

static struct backend_verdict take_own(
    struct router *r, const struct backend_message *m)
{
	struct publication *p = publication_find(&r->publications, m);
	struct backend_verdict verdict;

	r->publication = p;
	verdict = take(r, m);
	r->publication = NULL;
	if (p)
		publication_heard(p, r->keeper->id);
	return verdict;
}

struct backend_verdict router_take(
    struct router *r, const struct backend_message *m)
{
	return list_is_empty(&r->publications) ? take(r, m) : take_own(r, m);
}

const char *router_judge(struct router *r, const struct backend_message *m)
{
	const struct envelope_fault *fault =
	    parse_payload(&r->parse, parse_channel(&r->parse, m->channel), m);

	if (!fault)
		return NULL;
	envelope_fault_print(fault, r->why_not);
	return r->why_not;
}

struct backend_verdict router_check(
    struct router *r, const struct backend_message *m)
{
	const struct envelope_fault *fault =
	    parse_payload(&r->parse, parse_channel(&r->parse, m->channel), m);

	if (!fault)
		return somebody;
	count(r, m->payload);
	return drop(r, m->channel, fault);
}
