#include "backend/redis_login.h"

#include "base/mem.h"
#include "conf/conf_redis.h"
#include "conf/secret.h"

struct redis_login redis_login_of(const struct conf_redis *conf)
{
	return (struct redis_login){
		.username = conf->username,
		.password_file = conf->password_file,
		.key = "redis.password_file",
	};
}

int redis_login_password(
    const struct redis_login *l, char **password, struct err *e)
{
	struct err why;
	int rc;

	*password = NULL;
	if (!l->password_file) {
		if (l->password)
			*password = xstrdup(l->password);
		return 0;
	}
	rc = secret_read(l->password_file, password, &why);
	if (rc < 0)
		return err_set(e, rc, "%s: %s", l->key, why.text);
	return 0;
}
