#include "backend/redis_login.h"

#include "base/mem.h"
#include "conf/secret.h"

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
