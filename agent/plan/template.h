/* SPDX-License-Identifier: GPL-2.0-or-later
 * Templates in names and paths: %m %s %S %u %h %i %%.
 */
#ifndef PLAN_TEMPLATE_H
#define PLAN_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "source/machine.h"

/*
 * Expands @text into @out: %m MAC address as dc-a6-32-e9-00-4c, %s the low 8 digits of the Raspberry
 * Pi serial number, %S all of it, %u the SMBIOS UUID, %h the host name, %i @id, %% a percent sign.
 *
 * What is not known yet stays as it is written while @final is false.
 *
 * Returns 0, -EINVAL for an unknown letter, -ENODATA for a value that this machine does not have
 * (-EAGAIN for a host name: DHCP may still give one), -ENOSPC, each with @reterr; @out is then left
 * alone.
 */
int template_expand(const char *text, const struct machine *machine, const char *id, bool final,
	char *out, size_t size, struct err *reterr) __attribute__((warn_unused_result));

/*
 * The value of the setting id: mac, serial, uuid and hostname stand for those, anything else for
 * itself. Returns and errors as template_expand(); @out is "" when it is not known yet.
 */
int template_id(const char *setting, const struct machine *machine, bool final, char *out,
	size_t size, struct err *reterr) __attribute__((warn_unused_result));

#endif
