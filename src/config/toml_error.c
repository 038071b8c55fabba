/* SPDX-License-Identifier: Apache-2.0 */
#include "config/toml_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct bh_diag *toml_error(struct reader *r, const char *code, struct bh_span span,
			   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = bh_vstrf(format, args);
	va_end(args);
	struct bh_diag *diag = bh_error(r->diags, code, "%s", message);
	free(message);
	bh_diag_at(diag, span);
	return diag;
}

void toml_note(struct reader *r, const char *code, struct bh_span span, const char *text)
{
	bh_diag_at(bh_report(r->diags, BH_NOTE, code, "%s", text), span);
}

const char *toml_found(const struct reader *r, char *text, size_t room)
{
	unsigned char byte = (unsigned char)*r->at;

	if (r->at >= r->end)
		snprintf(text, room, "the end of the file");
	else if (at_newline(r))
		snprintf(text, room, "the end of the line");
	else if (byte < ' ' || byte == 0x7f)
		snprintf(text, room, "the control character %02x", byte);
	else if (byte >= 0x80)
		snprintf(text, room, "a character beyond ASCII");
	else
		snprintf(text, room, "`%c`", byte);
	return text;
}
