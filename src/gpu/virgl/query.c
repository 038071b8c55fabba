/* SPDX-License-Identifier: Apache-2.0 */
/* Queries. Their results are numbers of pixels, so beginning and ending one waits for pixels. */
#include "gpu/virgl/context.h"

#include <errno.h>

static struct bh_query_object *find(const struct bh_context *context, uint32_t handle)
{
	struct bh_object *object = bh_find_object(context, handle, BH_OBJECT_QUERY);

	return object ? &object->query : NULL;
}

static bool counts_samples(const struct bh_query_object *query)
{
	return query->type == BH_QUERY_SAMPLES || query->type == BH_QUERY_ANY_SAMPLES ||
	       query->type == BH_QUERY_ANY_SAMPLES_CONSERVATIVE;
}

int bh_cmd_begin_query(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_query_object *query = find(context, command->args[0]);

	if (!query)
		return -EINVAL;
	bh_renderer_wait(&context->gpu->renderer);
	if (!query->active)
		context->sub->active_queries++;
	query->active = true;
	query->base = atomic_load(&context->sub->samples);
	return 0;
}

int bh_cmd_end_query(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_query_object *query = find(context, command->args[0]);

	if (!query)
		return -EINVAL;
	if (!query->active)
		return 0; /* queries of a moment have no beginning */
	bh_renderer_wait(&context->gpu->renderer);
	context->sub->active_queries--;
	query->active = false;
	query->result = 0;
	if (counts_samples(query))
		query->result = atomic_load(&context->sub->samples) - query->base;
	if (query->type != BH_QUERY_SAMPLES)
		query->result = query->result > 0;
	return 0;
}

int bh_cmd_get_query_result(struct bh_context *context, const struct bh_command_args *command)
{
	const struct bh_query_object *query = find(context, command->args[0]);
	struct bh_query_state state = {.state = BH_QUERY_DONE, .result_size = 8};

	if (!query)
		return -EINVAL;
	state.result = query->result;
	if (!bh_pages_write(query->resource->pages, query->resource->page_count, query->offset,
			    &state, sizeof(state)))
		return -EINVAL;
	return 0;
}
