#include "conf/conf_log.h"

#include "conf/conf.h"

static enum log_level level_of(const struct conf *c, int component)
{
	enum conf_log_level level = c->log.levels[component];

	return level == CONF_LOG_AS_ALL
		   ? c->log.level
		   : (enum log_level)(level - CONF_LOG_LEVEL);
}

void conf_log_use(const struct conf *c)
{
	log_set_format(c->log.format);
	for (int i = 0; i < LOG_COMPONENTS; i++)
		log_set_level((enum log_component)i, level_of(c, i));
}
