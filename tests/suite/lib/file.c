// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "file.h"
#include "tap.h"

#define PARAM_DIR "/sys/module/vivid/parameters/"
#define SAVED_MAX 8
#define LOG_READ_ALL 3
#define LOG_BYTES (256 << 10)

static struct saved {
	char	path[96];
	char	value[128];
} saved[SAVED_MAX];

static unsigned int saved_count;

/* To its end: one read() gives a page of some of these files at most. */
int file_read(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t len;
	int err;

	if (!f)
		return -errno;

	errno = 0;
	len = fread(buf, 1, size - 1, f);
	err = ferror(f) ? errno : 0;
	fclose(f);
	if (err)
		return -err;

	buf[len] = '\0';
	if (len && buf[len - 1] == '\n')
		buf[--len] = '\0';
	return len;
}

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;

	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static void put_back(void)
{
	while (saved_count) {
		struct saved *s = &saved[--saved_count];

		if (file_write(s->path, s->value))
			fprintf(stderr, "can't restore %s\n", s->path);
	}
}

static void save(const char *path)
{
	struct saved *s = &saved[saved_count];

	for (unsigned int i = 0; i < saved_count; i++)
		if (!strcmp(saved[i].path, path))
			return;
	if (saved_count == SAVED_MAX)
		tap_fatal("set-up: few enough module parameters change");
	snprintf(s->path, sizeof(s->path), "%s", path);
	if (file_read(path, s->value, sizeof(s->value)) < 0)
		return;
	if (!saved_count++)
		atexit(put_back);
}

int param_set(const char *module, const char *name, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 name);
	save(path);
	return file_write(path, value);
}

int vivid_param_set(const char *name, const char *value)
{
	return param_set("vivid", name, value);
}

long vivid_param_get(const char *name)
{
	char path[96], buf[128];
	int ret;

	snprintf(path, sizeof(path), PARAM_DIR "%s", name);
	ret = file_read(path, buf, sizeof(buf));
	if (ret < 0)
		return ret;
	/* A bool reads back as Y or N. */
	return buf[0] == 'Y' ? 1 : strtol(buf, NULL, 0);
}

static char mark[48];

void klog_mark(void)
{
	static unsigned int count;

	snprintf(mark, sizeof(mark), "suite: %d: mark %u", getpid(), ++count);
	if (file_write("/dev/kmsg", mark))
		tap_fatal("set-up: the kernel log takes a mark");
}

static const char *since_mark(const char *log)
{
	const char *from = *mark ? strstr(log, mark) : log;

	return from ? from : "";
}

unsigned int klog_count(const char *text)
{
	char *log = calloc(1, LOG_BYTES + 1);
	unsigned int count = 0;

	if (klogctl(LOG_READ_ALL, log, LOG_BYTES) < 0)
		tap_diag("the kernel log can't be read: %s", strerror(errno));
	for (const char *at = since_mark(log); (at = strstr(at, text)); at++)
		count++;
	free(log);
	return count;
}

bool klog_has(const char *text)
{
	unsigned int count = klog_count(text);

	if (!count)
		tap_diag("not in the kernel log: %s", text);
	return count;
}
