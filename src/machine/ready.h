/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a guest says that it is ready: it connects over vsock to the host, at a port that is its own
 * context id's, and sends "READY=1". That is what systemd does with the address in its credential
 * vmm.notify_socket; src/agent does it for other guests. Further lines and messages are ignored.
 */
#ifndef BH_MACHINE_READY_H
#define BH_MACHINE_READY_H

#define BH_READY_HOST 2 /* the host's context id */

/* Each VM's launcher listens at a port of its own. */
#define BH_READY_PORT(cid) (0x80000000u ^ (unsigned)(cid))

#define BH_READY_WORD        "READY=1"
#define BH_READY_MESSAGE_MAX 4096 /* bytes that are looked at */

#endif
