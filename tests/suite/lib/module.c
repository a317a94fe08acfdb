// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "tap.h"

int module_remove(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* guest-run tells the arguments that it loaded vivid with. */
static const char *vivid_args(void)
{
	const char *args = getenv("SUITE_VIVID_ARGS");

	if (!args)
		tap_fatal("set-up: SUITE_VIVID_ARGS tells vivid's arguments");
	return args;
}

int vivid_load(const char *more_args)
{
	char command[512];
	int status;

	snprintf(command, sizeof(command), "modprobe vivid %s %s", vivid_args(),
		 more_args);
	status = system(command);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	tap_diag("%s: status %d", command, status);
	return -EIO;
}

int vivid_reload(const char *more_args)
{
	int ret = module_remove("vivid");

	return ret ? ret : vivid_load(more_args);
}

const char *vivid_allocator_module(void)
{
	return strstr(vivid_args(), "allocators=3") ? "videobuf2_dma_sg" :
						     "videobuf2_dma_user";
}
