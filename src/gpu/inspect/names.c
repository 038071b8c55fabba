/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/inspect/private.h"

static const char *const commands[BH_COMMANDS] = {
	[BH_CMD_NOP] = "no operation",
	[BH_CMD_CREATE_OBJECT] = "create",
	[BH_CMD_BIND_OBJECT] = "bind",
	[BH_CMD_DESTROY_OBJECT] = "destroy",
	[BH_CMD_SET_VIEWPORT] = "set viewport",
	[BH_CMD_SET_FRAMEBUFFER] = "set framebuffer",
	[BH_CMD_SET_VERTEX_BUFFERS] = "set vertex buffers",
	[BH_CMD_CLEAR] = "clear",
	[BH_CMD_DRAW] = "draw",
	[BH_CMD_INLINE_WRITE] = "write into a resource",
	[BH_CMD_SET_SAMPLER_VIEWS] = "set textures",
	[BH_CMD_SET_INDEX_BUFFER] = "set index buffer",
	[BH_CMD_SET_CONSTANTS] = "set constants",
	[BH_CMD_SET_STENCIL_REF] = "set stencil reference",
	[BH_CMD_SET_BLEND_COLOR] = "set blend colour",
	[BH_CMD_SET_SCISSOR] = "set scissor",
	[BH_CMD_BLIT] = "blit",
	[BH_CMD_COPY_REGION] = "copy a region",
	[BH_CMD_BIND_SAMPLERS] = "bind samplers",
	[BH_CMD_BEGIN_QUERY] = "begin a query",
	[BH_CMD_END_QUERY] = "end a query",
	[BH_CMD_GET_QUERY_RESULT] = "get a query's result",
	[BH_CMD_SET_POLYGON_STIPPLE] = "set polygon stipple",
	[BH_CMD_SET_CLIP_PLANES] = "set clip planes",
	[BH_CMD_SET_SAMPLE_MASK] = "set sample mask",
	[BH_CMD_SET_STREAMOUT_TARGETS] = "set stream-out targets",
	[BH_CMD_SET_RENDER_CONDITION] = "set render condition",
	[BH_CMD_SET_UNIFORM_BUFFER] = "set uniform buffer",
	[BH_CMD_SET_SUB_CONTEXT] = "switch sub-context",
	[BH_CMD_CREATE_SUB_CONTEXT] = "create a sub-context",
	[BH_CMD_DESTROY_SUB_CONTEXT] = "destroy a sub-context",
	[BH_CMD_BIND_SHADER] = "bind a shader",
	[BH_CMD_SET_TESS_STATE] = "set tessellation state",
	[BH_CMD_SET_MIN_SAMPLES] = "set minimum of samples",
	[BH_CMD_SET_SHADER_BUFFERS] = "set shader buffers",
	[BH_CMD_SET_SHADER_IMAGES] = "set shader images",
	[BH_CMD_MEMORY_BARRIER] = "memory barrier",
	[BH_CMD_SET_FRAMEBUFFER_NO_ATTACH] = "set framebuffer without images",
	[BH_CMD_TEXTURE_BARRIER] = "texture barrier",
	[BH_CMD_SET_ATOMIC_BUFFERS] = "set atomic buffers",
	[BH_CMD_SET_DEBUG_FLAGS] = "set debug flags",
	[BH_CMD_TRANSFER] = "transfer",
	[BH_CMD_END_TRANSFERS] = "end of transfers",
	[BH_CMD_COPY_TRANSFER] = "transfer by a copy",
	[BH_CMD_SET_TWEAKS] = "set tweaks",
	[BH_CMD_STRING_MARKER] = "marker",
	[BH_CMD_LINK_SHADER] = "link shaders",
};

static const char *const object_types[BH_OBJECT_TYPES] = {
	[BH_OBJECT_BLEND] = "blend state",
	[BH_OBJECT_RASTERIZER] = "rasteriser state",
	[BH_OBJECT_DEPTH_STENCIL] = "depth and stencil state",
	[BH_OBJECT_SHADER] = "shader",
	[BH_OBJECT_VERTEX_ELEMENTS] = "vertex layout",
	[BH_OBJECT_SAMPLER_VIEW] = "texture view",
	[BH_OBJECT_SAMPLER_STATE] = "sampler",
	[BH_OBJECT_SURFACE] = "surface",
	[BH_OBJECT_QUERY] = "query",
};

static const char *const primitives[BH_PRIMITIVES] = {
	[BH_POINTS] = "points",
	[BH_LINES] = "lines",
	[BH_LINE_LOOP] = "line loop",
	[BH_LINE_STRIP] = "line strip",
	[BH_TRIANGLES] = "triangles",
	[BH_TRIANGLE_STRIP] = "triangle strip",
	[BH_TRIANGLE_FAN] = "triangle fan",
	[BH_QUADS] = "quads",
	[BH_QUAD_STRIP] = "quad strip",
	[BH_POLYGON] = "polygon",
};

static const char *name_of(const char *const *names, size_t count, uint32_t number)
{
	return number < count && names[number] ? names[number] : "?";
}

const char *bh_command_name(uint32_t number)
{
	return name_of(commands, BH_COMMANDS, number);
}

const char *bh_object_type_name(uint32_t type)
{
	return name_of(object_types, BH_OBJECT_TYPES, type);
}

const char *bh_primitive_name(unsigned primitive)
{
	return name_of(primitives, BH_PRIMITIVES, primitive);
}
