/* SPDX-License-Identifier: Apache-2.0 */
/* A host snapshot of any content: it is read, and everything in it is asked for. */
#include "plan/pci.h"
#include "plan/usb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"0000:00:02.0", "00:1f.7", "ethernet", "usb#1", "nvme"};
	struct bh_snapshot snapshot;
	struct bh_diags diags;
	struct bh_pci pci = {0};
	struct bh_usb usb;
	uint64_t rate;
	uint32_t number;
	uint8_t mac[6];

	bh_diags_init(&diags);
	if (bh_snapshot_parse(&snapshot, "fuzz", (const char *)data, size, &diags)) {
		bh_snapshot_rate(&snapshot, "30be0000.ethernet", "ipg", &rate);
		bh_snapshot_group(&snapshot, "30be0000.ethernet", &number);
		bh_snapshot_mac(&snapshot, "30be0000.ethernet", mac);
		bh_snapshot_domain(&snapshot, "30be0000.ethernet", 0);
		bh_snapshot_pin(&snapshot, "30be0000.ethernet", 0);
		bh_snapshot_is_root(&snapshot, "30be0000.ethernet");
		bh_snapshot_voltage(&snapshot, "/regulator-usdhc2", &number);
		if (bh_pci_read(&pci, &snapshot, &diags))
			for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				bh_pci_find(&pci, names[i], NULL, &diags);
		bh_pci_finish(&pci);
		bh_usb_from_snapshot(&usb, &snapshot, &diags);
		bh_usb_finish(&usb);
	}
	bh_diags_finish(&diags);
	bh_snapshot_finish(&snapshot);
	return 0;
}
