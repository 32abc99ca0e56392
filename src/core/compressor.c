#include "core/compressor.h"

#include "conf/conf.h"
#include "core/metrics.h"
#include "proto/deflater.h"

enum { KEEP_OUT = 256 << 10 }; /* what a huge message needed is given back */

void compressor_init(
    struct compressor *c, const struct conf *conf, struct metrics *metrics)
{
	*c = (struct compressor){ .metrics = metrics };
	if (!conf->delivery.compression.is_on)
		return;
	c->deflater = deflater_new(conf->delivery.compression.level,
	    conf->delivery.compression.window_bits);
	c->min_size = conf->delivery.compression.min_size;
}

void compressor_fini(struct compressor *c)
{
	deflater_free(c->deflater);
	buf_fini(&c->out);
}

static void start(struct compressor *c)
{
	c->out.len = 0;
	if (c->out.cap > KEEP_OUT)
		buf_fini(&c->out);
}

struct slice compressor_run(struct compressor *c, struct slice content)
{
	if (!c->deflater || content.len < c->min_size)
		return slice_of(NULL, 0);
	start(c);
	if (!deflater_append(c->deflater, content, &c->out)) {
		metrics_inc(c->metrics, METRIC_DEFLATED_IN_VAIN);
		return slice_of(NULL, 0);
	}
	metrics_inc(c->metrics, METRIC_DEFLATED);
	metrics_add(c->metrics, METRIC_DEFLATE_INPUT_BYTES, content.len);
	metrics_add(c->metrics, METRIC_DEFLATE_OUTPUT_BYTES, c->out.len);
	return buf_slice(&c->out);
}
