/* SPDX-License-Identifier: Apache-2.0 */
/* kms CARD: sets the first connected output's first mode, and draws the picture on it. Then waits.
 */
#include "picture.h"

#include <drm/drm.h>
#include <drm/drm_mode.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 16, MODES = 64 };

struct screen {
	int card;
	uint32_t connector, crtc, framebuffer;
	struct drm_mode_modeinfo mode;
};

static void call(int card, unsigned long request, void *argument, const char *what)
{
	if (ioctl(card, request, argument) < 0) {
		perror(what);
		exit(1);
	}
}

static int find_output(struct screen *screen)
{
	uint32_t connectors[MOST], crtcs[MOST], encoders[MOST];
	struct drm_mode_card_res all = {.connector_id_ptr = (uintptr_t)connectors,
					.crtc_id_ptr = (uintptr_t)crtcs,
					.encoder_id_ptr = (uintptr_t)encoders,
					.count_connectors = MOST,
					.count_crtcs = MOST,
					.count_encoders = MOST};

	call(screen->card, DRM_IOCTL_MODE_GETRESOURCES, &all, "resources");
	for (uint32_t i = 0; i < all.count_connectors && i < MOST; i++) {
		struct drm_mode_modeinfo modes[MODES];
		struct drm_mode_get_connector one = {.connector_id = connectors[i],
						     .modes_ptr = (uintptr_t)modes,
						     .count_modes = MODES};
		call(screen->card, DRM_IOCTL_MODE_GETCONNECTOR, &one, "connector");
		if (one.connection != 1 || !one.count_modes || !all.count_crtcs)
			continue;
		screen->connector = connectors[i];
		screen->crtc = crtcs[0];
		screen->mode = modes[0];
		return 1;
	}
	return 0;
}

static void draw(struct screen *screen)
{
	uint32_t width = screen->mode.hdisplay, height = screen->mode.vdisplay;
	struct drm_mode_create_dumb dumb = {.width = width, .height = height, .bpp = 32};

	call(screen->card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb, "buffer");
	struct drm_mode_map_dumb map = {.handle = dumb.handle};
	call(screen->card, DRM_IOCTL_MODE_MAP_DUMB, &map, "map");
	char *pixels = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED, screen->card,
			    (off_t)map.offset);
	if (pixels == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	for (uint32_t y = 0; y < height; y++) {
		uint32_t *row = (uint32_t *)(void *)(pixels + (size_t)y * dumb.pitch);
		for (uint32_t x = 0; x < width; x++)
			row[x] = picture(x, y, width, height);
	}
	struct drm_mode_fb_cmd frame = {.width = width,
					.height = height,
					.pitch = dumb.pitch,
					.bpp = 32,
					.depth = 24,
					.handle = dumb.handle};
	call(screen->card, DRM_IOCTL_MODE_ADDFB, &frame, "frame buffer");
	screen->framebuffer = frame.fb_id;
}

int main(int argc, char **argv)
{
	struct screen screen = {.card = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1};

	if (screen.card < 0 || !find_output(&screen)) {
		fputs("kms: no card with a screen\n", stderr);
		return 1;
	}
	draw(&screen);
	struct drm_mode_crtc set = {.crtc_id = screen.crtc,
				    .fb_id = screen.framebuffer,
				    .set_connectors_ptr = (uintptr_t)&screen.connector,
				    .count_connectors = 1,
				    .mode = screen.mode,
				    .mode_valid = 1};
	call(screen.card, DRM_IOCTL_MODE_SETCRTC, &set, "mode");
	struct drm_mode_fb_dirty_cmd dirty = {.fb_id = screen.framebuffer};
	call(screen.card, DRM_IOCTL_MODE_DIRTYFB, &dirty, "damage");
	printf("said mode %ux%u\n", screen.mode.hdisplay, screen.mode.vdisplay);
	fflush(stdout);
	for (;;)
		pause();
}
