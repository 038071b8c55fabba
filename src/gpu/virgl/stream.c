/* SPDX-License-Identifier: Apache-2.0 */
/* Stream-output targets, and what shader objects say about them. */
#include "gpu/virgl/context.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* args: resource, offset, size. */
int bh_create_stream(struct bh_context *context, struct bh_object *object, const uint32_t *args,
		     uint32_t count)
{
	struct bh_resource *resource;
	struct bh_stream_object *stream;

	if (count < 3)
		return -EINVAL;
	resource = bh_context_resource(context, args[0]);
	if (!resource || !bh_resource_is_buffer(resource) || args[1] % 4 ||
	    args[1] > resource->size)
		return -EINVAL;
	stream = bh_alloc(sizeof(*stream));
	stream->refs = 1;
	stream->target.resource = bh_resource_ref(resource);
	stream->target.offset = args[1];
	stream->target.size = args[2];
	if (args[2] > resource->size - args[1])
		stream->target.size = (uint32_t)(resource->size - args[1]);
	object->stream = stream;
	return 0;
}

void bh_stream_object_unref(struct bh_stream_object *stream)
{
	if (!stream || --stream->refs)
		return;
	bh_resource_unref(stream->target.resource);
	free(stream);
}

struct bh_stream_layout *bh_read_stream_layout(const uint32_t *args, uint32_t count)
{
	struct bh_stream_layout *layout = bh_alloc(sizeof(*layout));

	for (unsigned i = 0; i < BH_STREAM_BUFFERS_MAX; i++) {
		if (args[i] > UINT16_MAX)
			goto error;
		layout->strides[i] = (uint16_t)args[i];
	}
	args += BH_STREAM_BUFFERS_MAX;
	layout->count = count;
	for (uint32_t i = 0; i < count; i++, args += 2) {
		struct bh_stream_output *output = &layout->outputs[i];

		*output = (struct bh_stream_output){
			.output = args[0] & 0xff,
			.start = args[0] >> 8 & 3,
			.count = args[0] >> 10 & 7,
			.buffer = args[0] >> 13 & 7,
			.offset = (uint16_t)(args[0] >> 16),
		};
		if (output->output >= BH_SHADER_OUTPUTS_MAX || output->start + output->count > 4 ||
		    output->buffer >= BH_STREAM_BUFFERS_MAX ||
		    output->offset + output->count > layout->strides[output->buffer])
			goto error;
	}
	return layout;
error:
	free(layout);
	return NULL;
}

/*
 * args: a mask that says nothing, then handles. The same targets in the same places go on where
 * they were left; anything else begins anew.
 */
int bh_cmd_set_streamout_targets(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub = context->sub;
	struct bh_stream_object *streams[BH_STREAM_BUFFERS_MAX] = {0};
	uint32_t count = command->count - 1, handles[BH_STREAM_BUFFERS_MAX] = {0};
	bool same = true;

	if (count > BH_STREAM_BUFFERS_MAX)
		return -EINVAL;
	memcpy(handles, command->args + 1, count * sizeof(*handles));
	for (uint32_t i = 0; i < count; i++) {
		struct bh_object *object;

		if (!handles[i])
			continue;
		object = bh_find_object(context, handles[i], BH_OBJECT_STREAM_TARGET);
		if (!object)
			return -EINVAL;
		streams[i] = object->stream;
		/* Room is looked for in each alone: two that fill one would pass its end. */
		for (uint32_t j = 0; j < i; j++) {
			if (streams[j] == streams[i])
				return -EINVAL;
		}
		same = same && !memcmp(streams[i]->set, handles, sizeof(handles));
	}
	for (unsigned i = 0; i < BH_STREAM_BUFFERS_MAX; i++) {
		struct bh_stream_object *old = sub->streams[i];

		if (streams[i]) {
			streams[i]->refs++;
			memcpy(streams[i]->set, handles, sizeof(handles));
			if (!same)
				streams[i]->target.filled = streams[i]->target.vertices = 0;
		}
		sub->streams[i] = streams[i];
		bh_stream_object_unref(old);
	}
	return 0;
}

uint32_t bh_stream_vertices(const struct bh_context *context, uint32_t handle)
{
	const struct bh_object *object = bh_find_object(context, handle, BH_OBJECT_STREAM_TARGET);

	return object ? object->stream->target.vertices : 0;
}

void bh_fill_stream(struct bh_context *context, const struct bh_stream_layout *layout,
		    struct bh_draw_call *call)
{
	for (unsigned i = 0; layout && i < BH_STREAM_BUFFERS_MAX; i++) {
		struct bh_stream_object *stream = context->sub->streams[i];

		if (!stream)
			continue;
		bh_renderer_touch(&context->gpu->renderer, stream->target.resource, true);
		call->stream = layout;
		call->stream_targets[i] = &stream->target;
	}
}
