/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/scmi/scmi.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Words of the shared area. */
enum { CHANNEL_STATUS = 1, LENGTH = 5, HEADER = 6, PAYLOAD = 7 };
enum { CHANNEL_FREE = 1, CHANNEL_ERROR = 2 };

/* Messages that every protocol has. */
enum { VERSION = 0, ATTRIBUTES = 1, MESSAGE_ATTRIBUTES = 2 };

const struct bh_scmi_protocol *const bh_scmi_protocols[BH_SCMI_PROTOCOLS] = {
	&bh_scmi_base, &bh_scmi_power, &bh_scmi_clock, &bh_scmi_reset};

void bh_scmi_init(struct bh_scmi *scmi, const struct bh_manifest_scmi *rights,
		  const struct bh_scmi_backend_ops *ops, void *backend, const struct bh_log *log,
		  uint8_t *page)
{
	*scmi = (struct bh_scmi){
		.rights = rights, .ops = ops, .backend = backend, .log = log, .page = page};
	pthread_mutex_init(&scmi->lock, NULL);
	((uint32_t *)(void *)page)[CHANNEL_STATUS] = CHANNEL_FREE;
}

void bh_scmi_finish(struct bh_scmi *scmi)
{
	pthread_mutex_destroy(&scmi->lock);
}

/* The first ones each, then at 64, 128, 256...: a guest cannot fill the log. */
static bool worth_a_line(uint64_t count)
{
	return count <= 32 || (count & (count - 1)) == 0;
}

enum bh_scmi_status bh_scmi_refuse(struct bh_scmi *scmi, enum bh_scmi_status status,
				   const char *format, ...)
{
	char text[128];
	va_list args;

	scmi->refused++;
	if (worth_a_line(scmi->refused)) {
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		bh_log(scmi->log, BH_LOG_WARNING, "SCMI: refused: %s (%llu so far)", text,
		       (unsigned long long)scmi->refused);
	}
	return status;
}

enum bh_scmi_status bh_scmi_status_of(int err)
{
	switch (err) {
	case 0:
		return BH_SCMI_SUCCESS;
	case -EAGAIN:
	case -EBUSY:
		return BH_SCMI_BUSY;
	case -EINVAL:
		return BH_SCMI_INVALID;
	case -EPERM:
	case -EACCES:
		return BH_SCMI_DENIED;
	case -ENOENT:
	case -ENODEV:
		return BH_SCMI_NOT_FOUND;
	default:
		return BH_SCMI_GENERIC;
	}
}

void bh_scmi_put_name(struct bh_scmi_answer *answer, const char *name)
{
	char text[16] = {0};

	memcpy(text, name, strnlen(name, sizeof(text) - 1));
	memcpy(&answer->words[answer->count], text, sizeof(text));
	answer->count += sizeof(text) / sizeof(answer->words[0]);
}

static const struct bh_scmi_message *find(const struct bh_scmi_protocol *protocol, uint32_t id)
{
	for (uint32_t i = 0; i < protocol->message_count; i++) {
		if (protocol->messages[i].id == id)
			return &protocol->messages[i];
	}
	return NULL;
}

static enum bh_scmi_status serve(struct bh_scmi *scmi, const struct bh_scmi_protocol *protocol,
				 const struct bh_scmi_request *request,
				 struct bh_scmi_answer *answer)
{
	const struct bh_scmi_message *message;

	switch (request->message) {
	case VERSION:
		bh_scmi_put(answer, protocol->version);
		return BH_SCMI_SUCCESS;
	case ATTRIBUTES:
		protocol->attributes(scmi, answer);
		return BH_SCMI_SUCCESS;
	case MESSAGE_ATTRIBUTES:
		if (request->count < 1)
			return bh_scmi_refuse(scmi, BH_SCMI_PROTOCOL,
					      "a message without its parameter");
		if (request->words[0] > MESSAGE_ATTRIBUTES && !find(protocol, request->words[0]))
			return BH_SCMI_NOT_FOUND;
		bh_scmi_put(answer, 0);
		return BH_SCMI_SUCCESS;
	}
	message = find(protocol, request->message);
	if (!message)
		return bh_scmi_refuse(scmi, BH_SCMI_NOT_SUPPORTED, "message %#x of protocol %#x",
				      request->message, request->protocol);
	if (request->count < message->parameters)
		return bh_scmi_refuse(scmi, BH_SCMI_PROTOCOL,
				      "message %#x of protocol %#x with %u of %u parameters",
				      request->message, request->protocol, request->count,
				      message->parameters);
	return message->serve(scmi, request->words, answer);
}

static void dispatch(struct bh_scmi *scmi, const struct bh_scmi_request *request,
		     struct bh_scmi_answer *answer)
{
	enum bh_scmi_status status = BH_SCMI_NOT_SUPPORTED;
	bool known = false;

	answer->count = 1;
	for (size_t i = 0; i < BH_SCMI_PROTOCOLS; i++) {
		const struct bh_scmi_protocol *protocol = bh_scmi_protocols[i];
		if (protocol->id != request->protocol || !protocol->present(scmi))
			continue;
		known = true;
		status = serve(scmi, protocol, request, answer);
	}
	if (!known)
		bh_scmi_refuse(scmi, status, "protocol %#x", request->protocol);
	if (status != BH_SCMI_SUCCESS)
		answer->count = 1;
	answer->words[0] = (uint32_t)status;
}

void bh_scmi_call(struct bh_scmi *scmi)
{
	volatile uint32_t *area = (volatile uint32_t *)(void *)scmi->page;
	uint32_t copy[BH_SCMI_AREA / 4];
	struct bh_scmi_answer answer;
	uint32_t status = CHANNEL_FREE;

	pthread_mutex_lock(&scmi->lock);
	scmi->calls++;
	for (size_t i = 0; i < BH_SCMI_AREA / 4; i++)
		copy[i] = area[i];
	uint32_t length = copy[LENGTH];
	if (length < 4 || length % 4 || length > BH_SCMI_PAYLOAD + 4) {
		answer.words[0] = (uint32_t)bh_scmi_refuse(scmi, BH_SCMI_PROTOCOL,
							   "a message of %u bytes", length);
		answer.count = 1;
		status |= CHANNEL_ERROR;
	} else {
		struct bh_scmi_request request = {
			.protocol = copy[HEADER] >> 10 & 0xff,
			.message = copy[HEADER] & 0xff,
			.words = &copy[PAYLOAD],
			.count = length / 4 - 1,
		};
		dispatch(scmi, &request, &answer);
	}
	for (uint32_t i = 0; i < answer.count; i++)
		area[PAYLOAD + i] = answer.words[i];
	area[HEADER] = copy[HEADER];
	area[LENGTH] = 4 + 4 * answer.count;
	__atomic_store_n((uint32_t *)(void *)scmi->page + CHANNEL_STATUS, status, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&scmi->lock);
}
