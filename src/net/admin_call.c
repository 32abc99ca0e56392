/* admin_call: see admin_call.h. */
#include "net/admin_call.h"

#include "proto/json_write.h"

static void put_json(const char *error, const char *remedy, struct buf *out)
{
	buf_puts(out, "{\"error\": ");
	json_put_string(out, slice_str(error));
	if (remedy) {
		buf_puts(out, ", \"remedy\": ");
		json_put_string(out, slice_str(remedy));
	}
	buf_puts(out, "}\n");
}

static void put_text(const char *error, const char *remedy, struct buf *out)
{
	buf_puts(out, error);
	if (remedy)
		buf_printf(out, "; %s", remedy);
	buf_puts(out, "\n");
}

void admin_call_refuse(
    struct admin_call *c, int status, const char *error, const char *remedy)
{
	c->status = status;
	buf_fini(&c->answer);
	if (c->is_json) {
		c->type = "application/json";
		put_json(error, remedy, &c->answer);
	} else {
		c->type = "text/plain; charset=utf-8";
		put_text(error, remedy, &c->answer);
	}
}

void admin_call_wait(
    struct admin_call *c, void (*cancel)(void *waiter), void *waiter)
{
	c->cancel = cancel;
	c->waiter = waiter;
}

void admin_call_finish(struct admin_call *c)
{
	c->cancel = NULL;
	c->on_answered(c->arg);
}

void admin_call_finish_list(
    struct admin_call *c, const uint64_t *next, size_t count)
{
	buf_puts(&c->answer, "], \"next\": ");
	if (next)
		admin_params_put_place(&c->answer, next, count);
	else
		buf_puts(&c->answer, "null");
	buf_puts(&c->answer, "}\n");
	admin_call_finish(c);
}

void admin_call_fini(struct admin_call *c)
{
	if (c->cancel)
		c->cancel(c->waiter);
	c->cancel = NULL;
	buf_fini(&c->fields);
	buf_fini(&c->answer);
}
