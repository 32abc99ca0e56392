#include "core/compressor.h"

#include "conf/conf.h"
#include "core/metrics.h"
#include "proto/deflater.h"

enum { KEEP_OUT = 256 << 10 }; /* what a huge message needed is given back */

void compressor_init(
    struct compressor *c, const struct conf *conf, struct metrics *metrics)
{
	*c = (struct compressor){ .metrics = metrics,
		.window_bits = DEFLATER_WINDOW_MAX };
	(void)compressor_use_conf(c, conf);
}

bool compressor_use_conf(struct compressor *c, const struct conf *conf)
{
	unsigned bits = conf->delivery.compression.window_bits;
	bool is_smaller = bits < c->window_bits;

	deflater_free(c->deflater);
	c->deflater = NULL;
	if (!conf->delivery.compression.is_on)
		return true;
	if (is_smaller)
		c->window_bits = bits;
	c->deflater =
	    deflater_new(conf->delivery.compression.level, c->window_bits);
	c->min_size = conf->delivery.compression.min_size;
	return !is_smaller;
}

void compressor_fini(struct compressor *c)
{
	deflater_free(c->deflater);
	buf_fini(&c->out);
	buf_fini(&c->with_id);
	buf_fini(&c->out_with_id);
}

static void start(struct buf *out)
{
	out->len = 0;
	if (out->cap > KEEP_OUT)
		buf_fini(out);
}

static bool is_worth_it(const struct compressor *c, struct slice content)
{
	return c->deflater && content.len >= c->min_size;
}

static struct slice run(
    struct compressor *c, struct slice content, struct buf *out)
{
	start(out);
	if (!deflater_append(c->deflater, content, out)) {
		metrics_inc(c->metrics, METRIC_DEFLATED_IN_VAIN);
		return slice_of(NULL, 0);
	}
	metrics_inc(c->metrics, METRIC_DEFLATED);
	metrics_add(c->metrics, METRIC_DEFLATE_INPUT_BYTES, content.len);
	metrics_add(c->metrics, METRIC_DEFLATE_OUTPUT_BYTES, out->len);
	return buf_slice(out);
}

struct slice compressor_run(struct compressor *c, struct slice content)
{
	return is_worth_it(c, content) ? run(c, content, &c->out)
				       : slice_of(NULL, 0);
}

/* Without memory for it the frames with an id are plain. */
static int join(struct buf *out, struct slice id, struct slice content)
{
	start(out);
	if (buf_append(out, id.ptr, id.len) < 0 ||
	    buf_append(out, "\n", 1) < 0 ||
	    buf_append(out, content.ptr, content.len) < 0)
		return -1;
	return 0;
}

struct slice compressor_run_with_id(
    struct compressor *c, struct slice id, struct slice content)
{
	if (!is_worth_it(c, content) || join(&c->with_id, id, content) < 0)
		return slice_of(NULL, 0);
	return run(c, buf_slice(&c->with_id), &c->out_with_id);
}
