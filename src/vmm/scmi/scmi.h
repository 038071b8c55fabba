/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SCMI server (Arm DEN 0056): base, power domain, clock and reset protocols, for one guest,
 * over one shared page. What the guest may do is the manifest's; its ids are indices there. A
 * message is copied out of the page once and only the copy is looked at.
 */
#ifndef BH_VMM_SCMI_SCMI_H
#define BH_VMM_SCMI_SCMI_H

#include "base/log.h"
#include "machine/manifest.h"

#include "kernel/bulkhead.h"

#include <pthread.h>

/* What the guest and the server share, at the start of the page. */
#define BH_SCMI_AREA    0x100
#define BH_SCMI_PAYLOAD (BH_SCMI_AREA - 0x1c)

enum bh_scmi_status {
	BH_SCMI_SUCCESS = 0,
	BH_SCMI_NOT_SUPPORTED = -1,
	BH_SCMI_INVALID = -2,
	BH_SCMI_DENIED = -3,
	BH_SCMI_NOT_FOUND = -4,
	BH_SCMI_OUT_OF_RANGE = -5,
	BH_SCMI_BUSY = -6,
	BH_SCMI_GENERIC = -8,
	BH_SCMI_PROTOCOL = -10,
};

/* The host's clocks, resets and domains: entries of an assigned device's own lists. All return 0 or
 * a negative errno. */
struct bh_scmi_backend_ops {
	int (*get_rate)(void *backend, uint32_t device, uint32_t index, uint64_t *rate);
	int (*set_rate)(void *backend, uint32_t device, uint32_t index, uint64_t rate);
	int (*set)(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index,
		   enum bulkhead_action action);
	int (*is_on)(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index,
		     bool *on);
};

struct bh_scmi {
	const struct bh_manifest_scmi *rights;
	const struct bh_scmi_backend_ops *ops;
	void *backend;
	const struct bh_log *log;
	uint8_t *page; /* shared with the guest */
	pthread_mutex_t lock;
	uint64_t calls, refused;
	bool clock_off[BH_SCMI_IDS_MAX]; /* what the guest was told about clocks it cannot gate */
};

void bh_scmi_init(struct bh_scmi *scmi, const struct bh_manifest_scmi *rights,
		  const struct bh_scmi_backend_ops *ops, void *backend, const struct bh_log *log,
		  uint8_t *page);
void bh_scmi_finish(struct bh_scmi *scmi);

/* The guest called: answers the message in the page. Any vCPU. */
void bh_scmi_call(struct bh_scmi *scmi);

/*
 * Of the protocols' files.
 */
struct bh_scmi_request {
	uint32_t protocol, message;
	const uint32_t *words; /* parameters */
	uint32_t count;
};

struct bh_scmi_answer {
	uint32_t words[BH_SCMI_PAYLOAD / 4]; /* [0] is the status, filled in by the server */
	uint32_t count;
};

struct bh_scmi_message {
	uint32_t id;
	uint32_t parameters; /* words */
	enum bh_scmi_status (*serve)(struct bh_scmi *scmi, const uint32_t *parameters,
				     struct bh_scmi_answer *answer);
};

struct bh_scmi_protocol {
	uint32_t id, version;
	const struct bh_scmi_message *messages; /* beside those that every protocol has */
	uint32_t message_count;
	/* The words of PROTOCOL_ATTRIBUTES. */
	void (*attributes)(const struct bh_scmi *scmi, struct bh_scmi_answer *answer);
	/* Whether this guest has anything of it. */
	bool (*present)(const struct bh_scmi *scmi);
};

extern const struct bh_scmi_protocol bh_scmi_base, bh_scmi_power, bh_scmi_clock, bh_scmi_reset;
extern const struct bh_scmi_protocol *const bh_scmi_protocols[];
#define BH_SCMI_PROTOCOLS 4

static inline void bh_scmi_put(struct bh_scmi_answer *answer, uint32_t word)
{
	answer->words[answer->count++] = word;
}

/* 16 bytes, ending with a NUL inside. */
void bh_scmi_put_name(struct bh_scmi_answer *answer, const char *name);

/* Says no: counted, and logged with what was asked. Returns `status`. */
enum bh_scmi_status bh_scmi_refuse(struct bh_scmi *scmi, enum bh_scmi_status status,
				   const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A backend's errno as a status. */
enum bh_scmi_status bh_scmi_status_of(int err);

#endif
