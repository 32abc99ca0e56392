/* redis_stream_reader: see the header. */
#include "backend/redis_stream_reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"

/* --- what the tail says --- */

static void on_entry(void *arg, const struct redis_entry *e, bool is_past)
{
	struct redis_stream_reader *r = arg;

	redis_stream_sink_entry(&r->told, e, is_past);
}

static void on_mark(void *arg, const struct place *p)
{
	struct redis_stream_reader *r = arg;

	redis_stream_sink_mark(&r->told, p);
}

static void on_void(void *arg)
{
	struct redis_stream_reader *r = arg;

	r->is_asked = false;
	r->is_barrier_on = false;
	redis_stream_sink_void(&r->told);
}

static void on_hole(void *arg)
{
	struct redis_stream_reader *r = arg;

	redis_stream_sink_hole(&r->told);
}

/* The end of the boot read is told by the name of where that has led. */
static void end_boot(struct redis_stream_reader *r)
{
	r->has_booted = true;
	redis_stream_sink_mark(&r->told, &r->tail.last);
	log_info(LOG_STREAM, "read from where the history begins",
	    kv_str("key", r->told.confs.of[0]->history.stream),
	    kv_int("entries", (int64_t)r->told.past_count),
	    kv_int("took_ms", clock_ms() - r->opened_ms));
}

static void on_read(void *arg, bool is_all)
{
	struct redis_stream_reader *r = arg;

	redis_stream_state_read(&r->state, &r->tail.last, is_all);
	if (!r->has_booted)
		end_boot(r);
	r->fn(r->arg);
	if (is_all && r->is_barrier_on) {
		r->is_asked = false;
		r->is_barrier_on = false;
		r->told.sink->on_barrier(r->told.arg);
	}
}

/* How the stream is. */
static void on_info(void *arg, const struct redis_stream_info *info)
{
	struct redis_stream_reader *r = arg;

	redis_stream_state_show(&r->state, info);
}

static const struct redis_tail_sink tail_sink = {
	.on_entry = on_entry,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_read = on_read,
	.on_info = on_info,
};

/* --- what the connection says --- */

void redis_stream_reader_open(struct redis_stream_reader *r)
{
	r->opened_ms = clock_ms();
}

void redis_stream_reader_connect(struct redis_stream_reader *r)
{
	r->is_barrier_on = false;
	redis_tail_connected(&r->tail);
}

void redis_stream_reader_lose(const struct redis_stream_reader *r)
{
	if (!r->has_booted && r->tail.is_marked) /* so far */
		redis_stream_sink_mark(&r->told, &r->tail.last);
}

void redis_stream_reader_next(
    struct redis_stream_reader *r, struct tail_command *c)
{
	redis_tail_next(&r->tail, c);
	r->is_barrier_on =
	    r->is_barrier_on || (r->is_asked && r->tail.ask != TAIL_ASK_NEWS);
}

int64_t redis_stream_reader_wait_ms(const struct redis_stream_reader *r)
{
	return r->tail.ask == TAIL_ASK_NEWS ? r->tail.options.block_ms : 0;
}

void redis_stream_reader_ask_barrier(struct redis_stream_reader *r)
{
	r->is_asked = true;
}

/* --- life --- */

void redis_stream_reader_init(struct redis_stream_reader *r,
    const struct backend_options *options, struct metrics *metrics,
    void (*fn)(void *arg), void *arg)
{
	const struct redis_tail_options tail =
	    redis_tail_options_of(options->conf, options->source->heartbeat_ms);

	*r = (struct redis_stream_reader){ .fn = fn, .arg = arg };
	redis_stream_sink_init(&r->told, options, metrics);
	redis_stream_state_init(
	    &r->state, options->conf->history.stream, metrics);
	redis_tail_init(&r->tail, &tail, &tail_sink, r);
}

void redis_stream_reader_fini(struct redis_stream_reader *r)
{
	redis_tail_fini(&r->tail);
	redis_stream_sink_fini(&r->told);
}

void redis_stream_reader_use_conf(
    struct redis_stream_reader *r, const struct conf *conf)
{
	redis_stream_sink_use_conf(&r->told, conf);
	r->tail.options =
	    redis_tail_options_of(conf, r->told.source->heartbeat_ms);
}
