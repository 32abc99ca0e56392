/* reload: see reload.h. */
#include "net/reload.h"

#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/secret.h"
#include "net/shared.h"

static void log_problems(const struct conf *conf, struct mistakes *problems)
{
	struct buf lines = { 0 };
	struct slice left;

	mistakes_print(problems, conf->file, &lines);
	left = buf_slice(&lines);
	while (left.len > 0)
		log_error("reload", "cannot be used",
		    kv_slice("error", slice_take_line(&left)));
	buf_fini(&lines);
}

void reload_files(struct net_shared *shared, struct conf *conf)
{
	struct mistakes problems = { 0 };
	char *password = NULL;
	bool is_good = conf_read_passwords(conf, &password, &problems) == 0;

	log_info("reload", "reading keys, certificates and passwords again",
	    kv_none);
	is_good = net_shared_read(shared, conf, &problems) == 0 && is_good;
	if (is_good) {
		net_shared_use(shared);
		conf_use_password(conf, &password);
		log_info("reload",
		    "all files are in use; changes of the "
		    "configuration need a restart",
		    kv_none);
	} else {
		net_shared_drop(shared);
		log_problems(conf, &problems);
		log_error("reload",
		    "nothing has changed: mend the files above "
		    "and send SIGHUP again",
		    kv_none);
	}
	secret_free(password);
	mistakes_fini(&problems);
}
