/* admin_tail: see admin_tail.h. */
#include "net/admin_tail.h"

#include <inttypes.h>

#include "base/log_follow.h"
#include "net/admin_call.h"

const char *const admin_tail_params[] = { "since", NULL };

static void put_line(void *arg, struct slice line)
{
	struct buf *out = arg;

	if (out->data[out->len - 1] != '[')
		buf_puts(out, ", ");
	buf_putn(out, line.ptr, line.len);
}

void admin_tail_show(struct admin_call *c)
{
	uint64_t since, lost;
	struct err e;

	if (admin_params_number(&c->params, "since", INT64_MAX, 0, &since, &e) <
	    0) {
		admin_call_refuse(
		    c, 400, e.text, "docs/admin.md has the parameters");
		return;
	}
	buf_puts(&c->answer, "{\"lines\": [");
	log_follow_read(&since, &lost, put_line, &c->answer);
	buf_printf(&c->answer,
	    "], \"lost\": %" PRIu64 ", \"next\": %" PRIu64 "}\n", lost, since);
}
