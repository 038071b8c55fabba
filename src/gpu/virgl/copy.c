/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that move texels: transfers, inline writes, copies, blits. */
#include "gpu/virgl/context.h"

#include "gpu/texture/blit.h"

#include <errno.h>

/* What TRANSFER3D, COPY_TRANSFER3D and RESOURCE_INLINE_WRITE begin with: 11 dwords. */
static struct bh_resource *read_transfer(const struct bh_context *context, const uint32_t *args,
					 struct bh_gpu_transfer *transfer)
{
	*transfer = (struct bh_gpu_transfer){
		.resource = args[0],
		.level = args[1],
		.stride = args[3],
		.layer_stride = args[4],
		.box = {args[5], args[6], args[7], args[8], args[9], args[10]},
	};
	return bh_context_resource(context, args[0]);
}

int bh_cmd_inline_write(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_gpu_transfer transfer;
	struct bh_resource *resource = read_transfer(context, command->args, &transfer);
	struct iovec data = {(void *)(command->args + 11), (size_t)(command->count - 11) * 4};

	if (!resource)
		return -EINVAL;
	bh_renderer_touch(&context->gpu->renderer, resource, true);
	return bh_resource_transfer(resource, &transfer, &data, 1, false);
}

int bh_cmd_transfer(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_gpu_transfer transfer;
	struct bh_resource *resource = read_transfer(context, command->args, &transfer);
	uint32_t direction = command->args[12];

	if (!resource || (direction != BH_TRANSFER_TO_HOST && direction != BH_TRANSFER_FROM_HOST))
		return -EINVAL;
	transfer.offset = command->args[11];
	bh_renderer_touch(&context->gpu->renderer, resource, direction == BH_TRANSFER_TO_HOST);
	return bh_resource_transfer(resource, &transfer, resource->pages, resource->page_count,
				    direction == BH_TRANSFER_FROM_HOST);
}

int bh_cmd_copy_transfer(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_gpu_transfer transfer;
	struct bh_resource *resource = read_transfer(context, command->args, &transfer);
	struct bh_resource *staging = bh_context_resource(context, command->args[11]);
	bool from_host = command->args[13] & BH_COPY_TRANSFER_FROM_HOST;

	if (!resource || !staging)
		return -EINVAL;
	transfer.offset = command->args[12];
	bh_renderer_touch(&context->gpu->renderer, resource, !from_host);
	return bh_resource_transfer(resource, &transfer, staging->pages, staging->page_count,
				    from_host);
}

int bh_cmd_copy_region(struct bh_context *context, const struct bh_command_args *command)
{
	const uint32_t *args = command->args;
	struct bh_resource *dst = bh_context_resource(context, args[0]);
	struct bh_resource *src = bh_context_resource(context, args[5]);
	struct bh_gpu_box box = {args[7], args[8], args[9], args[10], args[11], args[12]};

	if (!dst || !src)
		return -EINVAL;
	if (!box.w || !box.h || !box.d)
		return 0;
	bh_renderer_touch(&context->gpu->renderer, src, false);
	bh_renderer_touch(&context->gpu->renderer, dst, true);
	return bh_copy_region(dst, args[1], args[2], args[3], args[4], src, args[6], &box);
}

static struct bh_blit_box read_box(const uint32_t *args)
{
	return (struct bh_blit_box){(int32_t)args[0], (int32_t)args[1], (int32_t)args[2],
				    (int32_t)args[3], (int32_t)args[4], (int32_t)args[5]};
}

int bh_cmd_blit(struct bh_context *context, const struct bh_command_args *command)
{
	const uint32_t *args = command->args;
	struct bh_blit blit = {
		.dst = bh_context_resource(context, args[3]),
		.dst_level = args[4],
		.dst_format = bh_format_get(args[5]),
		.dst_box = read_box(&args[6]),
		.src = bh_context_resource(context, args[12]),
		.src_level = args[13],
		.src_box = read_box(&args[15]),
		.color = args[0] & BH_BLIT_COLOR,
		.depth = args[0] & BH_BLIT_DEPTH,
		.stencil = args[0] & BH_BLIT_STENCIL,
		.linear = (args[0] >> 8 & 3) == BH_FILTER_LINEAR,
		.scissored = args[0] >> 10 & 1,
		.scissor = {(int32_t)(args[1] & 0xffff), (int32_t)(args[1] >> 16),
			    (int32_t)(args[2] & 0xffff), (int32_t)(args[2] >> 16)},
	};

	if (!blit.dst || !blit.src)
		return -EINVAL;
	blit.src_format = bh_resource_view_format(blit.src, args[14]);
	if (!blit.dst_format || !blit.src_format)
		return -EINVAL;
	if (args[0] & BH_BLIT_CONDITIONAL && !bh_condition_holds(context))
		return 0;
	bh_renderer_touch(&context->gpu->renderer, blit.src, false);
	bh_renderer_touch(&context->gpu->renderer, blit.dst, true);
	return bh_blit(&blit);
}
