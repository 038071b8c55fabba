/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as the kernel's log: what comes out is text of bounded length. */
#include "host/faults.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_faults faults;
	struct bh_fault fault;
	char text[160];

	if (bh_faults_open(&faults, "", true))
		abort();
	while (size) {
		/* Records end with an empty line. */
		const uint8_t *end = memmem(data, size, "\n\n", 2);
		size_t length = end ? (size_t)(end - data) + 2 : size;
		char *record = malloc(length);

		memcpy(record, data, length);
		if (bh_faults_feed(&faults, record, length, &fault)) {
			bh_fault_text(&fault, text, sizeof(text));
			(void)bh_fault_is_by(&fault, "0000:00:05.0");
			if (memchr(fault.device, '\0', sizeof(fault.device)) == NULL ||
			    memchr(fault.iommu, '\0', sizeof(fault.iommu)) == NULL)
				abort();
		}
		free(record);
		data += length;
		size -= length;
	}
	return 0;
}
