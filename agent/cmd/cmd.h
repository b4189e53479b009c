/* SPDX-License-Identifier: GPL-2.0-or-later
 * The subcommands: one file per verb. Each gets its own arguments, argv[0] being the verb.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#define EXIT_OK     0
#define EXIT_FAILED 1
#define EXIT_USAGE  2

int cmd_boot(int argc, char **argv);
int cmd_discover(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_firmware(int argc, char **argv);
int cmd_generations(int argc, char **argv);
int cmd_handover(int argc, char **argv);
int cmd_lease(int argc, char **argv);
int cmd_mark_good(int argc, char **argv);
int cmd_mount(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_rollback(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_status_system(int argc, char **argv);
int cmd_sync(int argc, char **argv);

#endif
