#include "net/linger.h"

#include "core/conn.h"
#include "core/worker.h"
#include "net/io.h"

enum {
	/* How long a peer may take to read our last words and close. */
	LINGER_MS = 2000,
	/* How long one may that reads slowly what stands before, all in all. */
	CLOSING_MAX_MS = 30000,
};

void linger_note_closing(struct conn *c)
{
	c->closed_ms = (uint32_t)c->worker->now_ms;
	(void)io_has_moved(c);
}

void linger_wait_or_kill(struct conn *c, int64_t delay_ms)
{
	uint32_t passed = (uint32_t)c->worker->now_ms - c->closed_ms;

	if (passed < CLOSING_MAX_MS && io_has_moved(c))
		io_arm(c, delay_ms);
	else
		conn_kill(c);
}

void linger_start(struct conn *c)
{
	if (c->state != CONN_CLOSING)
		linger_note_closing(c);
	io_shut(c);
	conn_set_state(c, CONN_LINGER);
	io_arm(c, LINGER_MS);
}

void linger_answer(struct conn *c, struct slice bytes)
{
	io_write_once(c, bytes);
	if (c->state != CONN_DEAD)
		linger_start(c);
}

void linger_on_due(struct conn *c)
{
	linger_wait_or_kill(c, LINGER_MS);
}
