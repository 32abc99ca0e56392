/* admin_reload: see admin_reload.h. */
#include "net/admin_reload.h"

#include "base/slice.h"
#include "net/admin_call.h"
#include "net/admin_view.h"
#include "net/reload_report.h"
#include "proto/json_write.h"

static void put_lines(struct buf *out, const struct buf *lines)
{
	struct slice left = buf_slice(lines);
	const char *before = "";

	buf_puts(out, "[");
	for (; left.len > 0; before = ", ") {
		buf_puts(out, before);
		json_put_string(out, slice_cut(&left, '\n'));
	}
	buf_puts(out, "]");
}

/* Where all is as it was nothing of the file waits for a restart. */
static void put_report(struct buf *out, const struct reload_report *report)
{
	static const struct buf none;

	buf_printf(out, "{\"applied\": %s, \"restart_needed\": ",
	    report->is_applied ? "true" : "false");
	put_lines(out, report->is_applied ? &report->kept : &none);
	buf_puts(out, ", \"errors\": ");
	put_lines(out, &report->mistakes);
}

void admin_reload(struct admin_call *c)
{
	struct reload_report report;

	c->view->on_reload(c->view->arg, &report);
	put_report(&c->answer, &report);
	if (!report.is_applied) {
		c->status = 422;
		buf_puts(&c->answer,
		    ", \"error\": \"the configuration cannot be used\", "
		    "\"remedy\": \"nothing has changed: mend the errors "
		    "and reload again\"");
	}
	buf_puts(&c->answer, "}\n");
	reload_report_fini(&report);
}
