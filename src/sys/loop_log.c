#include "sys/loop_log.h"

#include <event2/event.h>

#include "base/fatal.h"
#include "base/log.h"

static void on_log(int severity, const char *text)
{
	switch (severity) {
	case EVENT_LOG_ERR:
		log_error(LOG_LOOP, "libevent: error", kv_str("text", text));
		break;
	case EVENT_LOG_WARN:
		log_warn(LOG_LOOP, "libevent: warning", kv_str("text", text));
		break;
	default:
		log_debug(LOG_LOOP, "libevent: note", kv_str("text", text));
		break;
	}
}

/* on_log has written why. */
static void on_fatal(int code)
{
	(void)code;
	fatal("loop", "libevent cannot go on");
}

void loop_log_setup(void)
{
	event_set_log_callback(on_log);
	event_set_fatal_callback(on_fatal);
}
