/*
 * roomcastctl: what operators ask a running gateway, and tell it. The map on
 * top of main.c has its files.
 */
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return ctl(argc, argv);
}
