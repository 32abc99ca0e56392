#include "net/heard.h"

#include "base/clock.h"
#include "core/conn.h"
#include "core/worker.h"

void heard(struct conn *c)
{
	if (c->heard_us == 0)
		c->heard_us = (uint32_t)clock_us() | 1;
}

static uint32_t passed_us(const struct conn *c)
{
	return (uint32_t)clock_us() - c->heard_us;
}

int64_t heard_ms(const struct conn *c)
{
	return c->heard_us != 0 ? (int64_t)passed_us(c) / 1000 : -1;
}

void heard_answered(const struct conn *c, enum metric histogram)
{
	if (c->heard_us != 0)
		metrics_observe(&c->worker->metrics, histogram, passed_us(c));
}
