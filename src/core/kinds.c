#include "core/kinds.h"

#include "conf/conf.h"
#include "core/message.h"

static unsigned kinds_of_frames(const struct conf_route *route)
{
	unsigned kind = route->frames == CONF_FRAMES_BINARY ? MESSAGE_AS_BINARY
							    : MESSAGE_AS_TEXT;

	return 1u << kind |
	       (route->resume_ms > 0 ? 1u << (kind | MESSAGE_WITH_ID) : 0);
}

unsigned kinds_of(const struct conf *conf)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = &conf->routes.items[i];

		if (route->has_websocket)
			kinds |= kinds_of_frames(route);
		if (route->has_sse)
			kinds |= 1u << (route->resume_ms > 0
					    ? MESSAGE_AS_EVENT_WITH_ID
					    : MESSAGE_AS_EVENT);
	}
	return kinds;
}
