/*
 * First process of a machine whose root is the host's file system, read-only: it and a process that
 * it forks try for ever to make a folder there. While they are the machine's processes they can't;
 * as processes of the host they could.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void try_for_ever(const char *name)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/escaped-%s", getenv("probe_folder"), name);
	puts("running");
	fflush(stdout);
	for (;;)
		mkdir(path, 0700);
}

int main(void)
{
	try_for_ever(fork() == 0 ? "forked" : "first");
}
