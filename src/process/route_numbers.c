#include "process/route_numbers.h"

#include "conf/conf.h"
#include "core/metrics_names.h"

void route_numbers_give(struct conf *conf, struct metrics *main)
{
	for (size_t i = 0; i < conf->routes.count; i++) {
		struct conf_route *r = &conf->routes.items[i];

		r->number = metrics_name_route(main, r->path);
	}
}
