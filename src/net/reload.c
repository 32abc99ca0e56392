/* reload: see reload.h. */
#include "net/reload.h"

#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_passwords.h"
#include "conf/mistakes.h"
#include "conf/secret.h"
#include "net/shared.h"

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
		mistakes_log(&problems, conf->file, "reload");
		log_error("reload",
		    "nothing has changed: mend the files above "
		    "and send SIGHUP again",
		    kv_none);
	}
	secret_free(password);
	mistakes_fini(&problems);
}
