/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void bh_log(const struct bh_log *log, enum bh_log_level level, const char *format, ...)
{
	static const int priorities[] = {3, 4, 6, 7};
	static const char *const names[] = {"error: ", "warning: ", "", ""};
	char text[1024];
	char line[sizeof(text) + 128];
	int length;
	va_list args;

	if (!log || level > log->level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *byte = text; *byte; byte++) {
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			*byte = '?';
	}
	if (log->journal) {
		length = snprintf(line, sizeof(line), "<%d>%s: %s%s\n", priorities[level],
				  log->name, names[level], text);
	} else {
		struct timespec now;
		struct tm parts;

		clock_gettime(CLOCK_REALTIME, &now);
		localtime_r(&now.tv_sec, &parts);
		length = snprintf(line, sizeof(line), "%02d:%02d:%02d.%03ld %s: %s%s\n",
				  parts.tm_hour, parts.tm_min, parts.tm_sec, now.tv_nsec / 1000000,
				  log->name, names[level], text);
	}
	if (length > 0)
		bh_write_all(log->fd, line,
			     (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}
