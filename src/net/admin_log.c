/* admin_log: see admin_log.h. */
#include "net/admin_log.h"

#include <errno.h>

#include "base/log.h"
#include "net/admin_call.h"

const char *const admin_log_params[] = { "level", "component", NULL };

void admin_log_show(struct admin_call *c)
{
	buf_puts(&c->answer, "{\"levels\": {");
	for (int i = 0; i < LOG_COMPONENTS; i++) {
		enum log_component part = (enum log_component)i;

		buf_printf(&c->answer, "%s\"%s\": \"%s\"", i ? ", " : "",
		    log_component_name(part),
		    log_level_name(log_level_of(part)));
	}
	buf_puts(&c->answer, "}}\n");
}

static int refuse_component(struct err *e)
{
	struct buf names = { 0 };

	for (int i = 0; i < LOG_COMPONENTS; i++)
		buf_printf(&names, "%s%s", i ? ", " : "",
		    log_component_name((enum log_component)i));
	(void)err_set(e, -EINVAL, "component must be %.*s, or left out",
	    (int)names.len, names.data);
	buf_fini(&names);
	return -EINVAL;
}

/* The parts from *first to *last. */
static int take_component(
    const struct admin_params *p, int *first, int *last, struct err *e)
{
	struct slice name = admin_params_text(p, "component");

	*first = 0;
	*last = LOG_COMPONENTS - 1;
	if (name.len == 0)
		return 0;
	*first = *last = log_find_component(name);
	return *first < 0 ? refuse_component(e) : 0;
}

static int take_level(const struct admin_params *p, int *level, struct err *e)
{
	struct slice name = admin_params_text(p, "level");

	*level = log_find_level(name);
	if (*level >= 0)
		return 0;
	return err_set(e, -EINVAL, "level %s debug, info, warn or error",
	    name.len > 0 ? "must be" : "is missing: it must be");
}

void admin_log_set(struct admin_call *c)
{
	int first, last, level;
	struct err e;

	if (take_level(&c->params, &level, &e) < 0 ||
	    take_component(&c->params, &first, &last, &e) < 0) {
		admin_call_refuse(
		    c, 400, e.text, "docs/admin.md has the parameters");
		return;
	}
	for (int i = first; i <= last; i++)
		log_set_level((enum log_component)i, (enum log_level)level);
	log_info(LOG_ADMIN, "log levels are others now",
	    kv_slice("component", admin_params_text(&c->params, "component")),
	    kv_str("level", log_level_name((enum log_level)level)));
	admin_log_show(c);
}
