/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the agent does in the initramfs with the generations of a boot server, as a program:
 *
 *     trial count GENERATION KERNEL --root ROOT --dir DIRECTORY
 *
 * Exit status 0 with the verdict on standard output, or 1.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "step/trial.h"

int main(int argc, char **argv)
{
	static const char *const verdicts[] = {
		[TRIAL_NONE] = "none",
		[TRIAL_GOOD] = "good",
		[TRIAL_COUNTED] = "counted",
		[TRIAL_OTHER] = "other",
		[TRIAL_STUCK] = "stuck",
		[TRIAL_BACK] = "back",
	};
	struct trial_report report;
	struct err err = {.code = 0};
	int dirfd, r;

	if (argc != 8 || strcmp(argv[6], "--dir") != 0)
		return 2;
	dirfd = open(argv[7], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dirfd < 0 ? -1
		      : trial_count(dirfd, &(struct trial_boot){argv[2], argv[3], 1764000000},
				&report, &err);
	if (r < 0) {
		fprintf(stderr, "trial: %s\n", err.text);
		return 1;
	}
	puts(verdicts[report.verdict]);
	return close(dirfd) < 0;
}
