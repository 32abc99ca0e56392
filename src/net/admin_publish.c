/* admin_publish: see admin_publish.h. */
#include "net/admin_publish.h"

#include <inttypes.h>

#include "conf/conf.h"
#include "core/hub.h"
#include "net/admin_call.h"
#include "net/admin_view.h"
#include "proto/json_write.h"

/* --- what has become of it --- */

static void put_number(
    const char *before, bool is_known, uint64_t number, struct buf *out)
{
	if (is_known)
		buf_printf(out, "%s%" PRIu64, before, number);
	else
		buf_printf(out, "%snull", before);
}

static void put_instances(const struct publication *p, struct buf *out)
{
	put_number(
	    "\"instances\": ", p->receivers >= 0, (uint64_t)p->receivers, out);
}

static void put_id(const struct publication *p, struct buf *out)
{
	buf_puts(out, "\"id\": ");
	if (p->id[0])
		json_put_string(out, slice_str(p->id));
	else
		buf_puts(out, "null");
}

static bool has_failed(struct admin_call *c, const struct publication *p)
{
	if (p->has_failed)
		admin_call_refuse(c, 502, p->error.text, p->remedy);
	else if (!p->is_told)
		admin_call_refuse(c, 504,
		    "the backend has not said whether it is published",
		    "it may be, or may yet be; see /readyz and the log");
	return c->status >= 400;
}

static void on_published(void *arg, const struct publication *p)
{
	struct admin_call *c = arg;

	if (!has_failed(c, p)) {
		buf_puts(&c->answer, "{");
		put_id(p, &c->answer);
		buf_puts(&c->answer, ", ");
		put_instances(p, &c->answer);
		put_number(", \"reached\": ", publication_is_known(p),
		    p->reached, &c->answer);
		buf_puts(&c->answer, "}\n");
	}
	admin_call_finish(c);
}

static void on_commanded(void *arg, const struct publication *p)
{
	struct admin_call *c = arg;

	if (!has_failed(c, p)) {
		buf_puts(&c->answer, "{");
		put_instances(p, &c->answer);
		buf_puts(&c->answer, "}\n");
	}
	admin_call_finish(c);
}

/* --- what is asked for --- */

static void cancel(void *waiter)
{
	publication_close(waiter);
}

static void hand_over(
    struct admin_call *c, struct slice channel, publication_done_fn on_done)
{
	struct publication *p =
	    hub_publish(c->view->hub, channel, c->body, on_done, c);

	if (p)
		admin_call_wait(c, cancel, p);
	else
		admin_call_refuse(c, 503,
		    "too many payloads are under way: nothing is published",
		    "wait for the answers to the ones before");
}

static void publish(
    struct admin_call *c, const char *channel, publication_done_fn on_done)
{
	struct slice name = slice_str(channel);
	struct hub *hub = c->view->hub;
	const char *why_not = hub_judge(hub, name, c->body);

	if (why_not)
		admin_call_refuse(c, 400, why_not,
		    "docs/publishing.md has what the body must be");
	else if (hub_is_down(hub))
		admin_call_refuse(c, 503,
		    "the backend is not connected: nothing can be published",
		    "see /readyz and the log for why");
	else
		hand_over(c, name, on_done);
}

static void refuse_off(struct admin_call *c, const char *error)
{
	admin_call_refuse(c, 409, error,
	    "give the channel a name in the configuration of all instances");
}

void admin_publish(struct admin_call *c)
{
	const char *channel = (*c->view->conf)->channels.send;

	if (channel[0])
		publish(c, channel, on_published);
	else
		refuse_off(c, "channels.send is off");
}

void admin_control(struct admin_call *c)
{
	const char *channel = (*c->view->conf)->channels.control;

	if (channel[0])
		publish(c, channel, on_commanded);
	else
		refuse_off(c, "channels.control is off");
}
