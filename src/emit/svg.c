/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"

void bh_emit_svg(struct bh_buf *svg, const struct bh_plan *plan)
{
	(void)plan;
	bh_buf_adds(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
}
