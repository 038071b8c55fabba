/* SPDX-License-Identifier: Apache-2.0 */
/* What a launcher tells the process that made it, over a pipe: in this order, up to one that is the
 * last. */
#ifndef BH_HOST_REPORT_H
#define BH_HOST_REPORT_H

enum bh_report_kind {
	BH_REPORT_HERE,   /* its state can be read */
	BH_REPORT_RUNS,   /* the VMM answers */
	BH_REPORT_READY,  /* the last */
	BH_REPORT_LATE,   /* the last: it runs, and did not become ready in time */
	BH_REPORT_NO_VMM, /* the last; number: a negative errno */
	BH_REPORT_ENDED,  /* the last: it ended before it was ready; number: how, as a shell has it
			   */
};

struct bh_start_report {
	enum bh_report_kind kind;
	int number;
};

#endif
