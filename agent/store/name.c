/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names that become paths: of generations, of kernel versions, of files in a generation.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "store/name.h"

bool name_version_ok(struct span version)
{
	if (version.len == 0 || version.len >= NAME_VERSION_SIZE)
		return false;
	for (size_t i = 0; i < version.len; i++) {
		uint8_t c = version.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			(i == 0 || c == 0 || !strchr(".+~_-", c)))
			return false;
	}
	return true;
}

bool name_path_ok(struct span path)
{
	struct span rest = path;
	unsigned int depth = 0;

	if (path.len == 0 || path.len >= NAME_PATH_SIZE || span_eq_str(path, "manifest"))
		return false;
	for (size_t i = 0; i < path.len; i++)
		if (path.p[i] < 0x20 || path.p[i] > 0x7e)
			return false;
	do {
		struct span part = span_cut(&rest, '/');

		if (part.len == 0 || span_eq_str(part, ".") || span_eq_str(part, "..") ||
			++depth > NAME_PATH_DEPTH)
			return false;
	} while (rest.p);
	return true;
}

int name_make(uint32_t number, const char *version, char out[NAME_SIZE])
{
	if (number > NAME_NUMBER_MAX || !name_version_ok(span_str(version)))
		return -EINVAL;
	(void)snprintf(out, NAME_SIZE, "g%06u-%s", number, version); /* fits: 1 + 9 + 1 + 64 */
	return 0;
}

int name_parse(struct span name, uint32_t *ret_number, struct span *ret_version)
{
	struct span version = name, number = span_cut(&version, '-');
	uint32_t n;

	if (!span_starts(number, "g"))
		return -EINVAL;
	number = span_sub(number, 1, number.len);
	if (number.len < 6 || (number.len > 6 && number.p[0] == '0') ||
		num_parse_u32(number, NAME_NUMBER_MAX, &n) < 0 || !name_version_ok(version))
		return -EINVAL;
	*ret_number = n;
	if (ret_version)
		*ret_version = version;
	return 0;
}
