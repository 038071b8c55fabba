/* SPDX-License-Identifier: Apache-2.0 */
/* Queries. Their results are numbers of pixels, so beginning and ending one waits for pixels. */
#include "gpu/virgl/context.h"

#include <errno.h>
#include <time.h>

static struct bh_query_object *find(const struct bh_context *context, uint32_t handle)
{
	struct bh_object *object = bh_find_object(context, handle, BH_OBJECT_QUERY);

	return object ? &object->query : NULL;
}

/* What a query counts, at this moment. Pixels are counted when nothing is outstanding. */
static uint64_t count_now(struct bh_context *context, const struct bh_query_object *query)
{
	const struct bh_sub_context *sub = context->sub;
	struct timespec now;

	switch (query->type) {
	case BH_QUERY_SAMPLES:
	case BH_QUERY_ANY_SAMPLES:
	case BH_QUERY_ANY_SAMPLES_CONSERVATIVE:
		bh_renderer_wait(&context->gpu->renderer);
		return atomic_load(&sub->samples);
	case BH_QUERY_TIMESTAMP:
	case BH_QUERY_TIME_ELAPSED:
		bh_renderer_wait(&context->gpu->renderer);
		clock_gettime(CLOCK_MONOTONIC, &now);
		return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	case BH_QUERY_PRIMITIVES_GENERATED:
		return sub->counts.generated;
	case BH_QUERY_PRIMITIVES_EMITTED:
		return sub->counts.emitted;
	case BH_QUERY_STREAM_OVERFLOW:
	case BH_QUERY_ANY_STREAM_OVERFLOW:
		return sub->counts.dropped;
	default:
		return 0;
	}
}

static bool is_predicate(const struct bh_query_object *query)
{
	return query->type == BH_QUERY_ANY_SAMPLES ||
	       query->type == BH_QUERY_ANY_SAMPLES_CONSERVATIVE ||
	       query->type == BH_QUERY_STREAM_OVERFLOW ||
	       query->type == BH_QUERY_ANY_STREAM_OVERFLOW;
}

int bh_cmd_begin_query(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_query_object *query = find(context, command->args[0]);

	if (!query)
		return -EINVAL;
	if (!query->active)
		context->sub->active_queries++;
	query->active = true;
	query->base = count_now(context, query);
	return 0;
}

int bh_cmd_end_query(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_query_object *query = find(context, command->args[0]);

	if (!query)
		return -EINVAL;
	if (query->type == BH_QUERY_TIMESTAMP)
		query->result = count_now(context, query);
	if (!query->active)
		return 0; /* queries of a moment have no beginning */
	context->sub->active_queries--;
	query->active = false;
	query->result = count_now(context, query) - query->base;
	if (is_predicate(query))
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

/* args: query or 0, the result that stops drawing, how to wait (results are always there). */
int bh_cmd_set_render_condition(struct bh_context *context, const struct bh_command_args *command)
{
	if (command->args[0] && !find(context, command->args[0]))
		return -EINVAL;
	context->sub->condition = command->args[0];
	context->sub->condition_inverted = command->args[1] != 0;
	return 0;
}

bool bh_condition_holds(const struct bh_context *context)
{
	const struct bh_sub_context *sub = context->sub;
	const struct bh_query_object *query = sub->condition ? find(context, sub->condition) : NULL;

	return !query || (query->result != 0) != sub->condition_inverted;
}
