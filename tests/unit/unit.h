/*
 * unit: what every unit test program shares. A test file defines its tests
 * with check and ends with UNIT_MAIN("folder/module", test_a, test_b, ...), or
 * with UNIT_MAIN_WITH where each test begins with the same setup and ends with
 * the same teardown, in its own process.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdlib.h>

#include <check.h>

typedef const TTest *unit_test;

static inline int unit_run(const char *name, SFun setup, SFun teardown,
    const unit_test *tests, int count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(
	    tcase, 600); /* for what hangs, not for what is slow */
	if (setup)
		tcase_add_checked_fixture(tcase, setup, teardown);
	for (int i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN_WITH(setup, teardown, name, ...)            \
	int main(void)                                        \
	{                                                     \
		const unit_test tests[] = { __VA_ARGS__ };    \
		return unit_run(name, setup, teardown, tests, \
		    (int)(sizeof tests / sizeof tests[0]));   \
	}

#define UNIT_MAIN(name, ...) UNIT_MAIN_WITH(NULL, NULL, name, __VA_ARGS__)

#endif
