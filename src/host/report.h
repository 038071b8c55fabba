/* SPDX-License-Identifier: Apache-2.0 */
/* What a launcher tells the process that made it, once. */
#ifndef BH_HOST_REPORT_H
#define BH_HOST_REPORT_H

enum bh_report_kind {
	BH_REPORT_RUNS,
	BH_REPORT_NO_VMM, /* number: a negative errno */
	BH_REPORT_ENDED,  /* before it answered; number: how, as a shell has it */
};

struct bh_start_report {
	enum bh_report_kind kind;
	int number;
};

#endif
