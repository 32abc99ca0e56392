#include "core/compressor.h"

#include <string.h>

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
	c->deflater = deflater_new(conf->delivery.compression.level);
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
	memset(c->payloads, 0, sizeof c->payloads);
}

/* Deflate for one window. The length of the payload, or 0. */
static size_t run_one(
    struct compressor *c, struct slice content, unsigned window)
{
	size_t before = c->out.len, len;

	if (!deflater_append(
		c->deflater, message_window_bits(window), content, &c->out)) {
		metrics_inc(c->metrics, METRIC_DEFLATED_IN_VAIN);
		return 0;
	}
	len = c->out.len - before;
	metrics_inc(c->metrics, METRIC_DEFLATED);
	metrics_add(c->metrics, METRIC_DEFLATE_INPUT_BYTES, content.len);
	metrics_add(c->metrics, METRIC_DEFLATE_OUTPUT_BYTES, len);
	return len;
}

/* Only now: the buffer moves while it grows. */
static void place_payloads(struct compressor *c)
{
	const char *at = c->out.data;

	for (unsigned i = 1; i < MESSAGE_WINDOWS; i++) {
		c->payloads[i].ptr = at;
		at += c->payloads[i].len;
	}
}

const struct slice *compressor_run(
    struct compressor *c, struct slice content, uint8_t windows)
{
	if (!c->deflater || windows >> 1 == 0 || content.len < c->min_size)
		return NULL;
	start(c);
	for (unsigned i = 1; windows >> i; i++)
		if (windows >> i & 1)
			c->payloads[i].len = run_one(c, content, i);
	if (c->out.len == 0)
		return NULL;
	place_payloads(c);
	return c->payloads;
}
