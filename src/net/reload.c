/* reload: see reload.h. */
#include "net/reload.h"

#include <stdbool.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_passwords.h"
#include "conf/mistakes.h"
#include "conf/secret.h"
#include "net/auth_keys.h"
#include "net/authenticators.h"
#include "net/listener.h"
#include "net/net_shared.h"

/* What was read, beside the certificates, which wait with their listeners. */
struct fresh {
	struct auth_keys *keys; /* owned; NULL: cannot be used */
	char *password;         /* owned; NULL: there is none */
};

/* Read all, whatever is wrong with some. Returns whether all can be used. */
static bool read_all(struct net_shared *shared, struct conf *conf,
    struct fresh *f, struct mistakes *problems)
{
	bool is_good = conf_read_passwords(conf, &f->password, problems) == 0;

	f->keys = auth_keys_read(conf, problems);
	return listeners_read_tls(shared->listeners) == 0 && f->keys && is_good;
}

static void use_all(
    struct net_shared *shared, struct conf *conf, struct fresh *f)
{
	authenticators_use(shared->authenticators, &f->keys);
	listeners_use_tls(shared->listeners);
	conf_use_password(conf, &f->password);
}

void reload_files(struct net_shared *shared, struct conf *conf)
{
	struct mistakes problems = { 0 };
	struct fresh fresh = { 0 };

	log_info("reload", "reading keys, certificates and passwords again",
	    kv_none);
	if (read_all(shared, conf, &fresh, &problems)) {
		use_all(shared, conf, &fresh);
		log_info("reload",
		    "all files are in use; changes of the "
		    "configuration need a restart",
		    kv_none);
	} else {
		listeners_drop_tls(shared->listeners);
		mistakes_log(&problems, conf->file, "reload");
		log_error("reload",
		    "nothing has changed: mend the files above "
		    "and send SIGHUP again",
		    kv_none);
	}
	auth_keys_unref(fresh.keys);
	secret_free(fresh.password);
	mistakes_fini(&problems);
}
