/* SPDX-License-Identifier: GPL-2.0-or-later
 * The manifest of a generation. The grammar is in manifest.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "store/manifest.h"

static const char *const role_names[] = {
	[MANIFEST_KERNEL] = "kernel",
	[MANIFEST_INITRAMFS] = "initramfs",
	[MANIFEST_DTB] = "dtb",
	[MANIFEST_OVERLAY] = "overlay",
	[MANIFEST_CMDLINE] = "cmdline",
	[MANIFEST_OTHER] = "other",
};

static const char *const layout_names[] = {
	[MANIFEST_RASPI] = "raspi",
	[MANIFEST_LINK] = "link",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void manifest_done(struct manifest *m)
{
	free(m->file);
	memset(m, 0, sizeof(*m));
}

const char *manifest_layout_name(enum manifest_layout layout)
{
	return layout_names[layout];
}

const char *manifest_role_name(enum manifest_role role)
{
	return role_names[role];
}

int manifest_add_package(struct manifest *m, struct span name, struct span version)
{
	struct manifest_package p;

	if (!name.len || !version.len || !span_is_graph(name) || !span_is_graph(version) ||
		span_copy(name, p.name, sizeof(p.name)) < 0 ||
		span_copy(version, p.version, sizeof(p.version)) < 0)
		return -EINVAL;
	if (m->n_packages == MANIFEST_PACKAGES)
		return -ENOSPC;
	m->package[m->n_packages++] = p;
	return 0;
}

int manifest_add_file(struct manifest *m, const struct manifest_file *file)
{
	if (!name_path_ok(span_str(file->path)) || file->size > MANIFEST_FILE_MAX)
		return -EINVAL;
	if (m->n == MANIFEST_FILES)
		return -ENOSPC;
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 16;
		struct manifest_file *more = reallocarray(m->file, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->file = more;
		m->room = room;
	}
	m->file[m->n++] = *file;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct manifest_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int manifest_sort(struct manifest *m, struct err *reterr)
{
	if (m->n)
		qsort(m->file, m->n, sizeof(*m->file), by_path);
	for (size_t i = 1; i < m->n; i++)
		if (by_path(&m->file[i - 1], &m->file[i]) == 0)
			return err_set(reterr, -EEXIST, "%s is twice in %s", m->file[i].path,
				m->generation);
	return 0;
}

const struct manifest_file *manifest_find(const struct manifest *m, const char *path)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(path, m->file[mid].path);

		if (order == 0)
			return &m->file[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct manifest_file *manifest_only(const struct manifest *m, enum manifest_role role)
{
	const struct manifest_file *found = NULL;

	for (size_t i = 0; i < m->n; i++) {
		if (m->file[i].role != role)
			continue;
		if (found)
			return NULL;
		found = &m->file[i];
	}
	return found;
}

uint64_t manifest_bytes(const struct manifest *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++)
		sum += m->file[i].size;
	return sum;
}

bool manifest_same_files(const struct manifest *a, const struct manifest *b)
{
	if (a->n != b->n || a->layout != b->layout || strcmp(a->kernel, b->kernel) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct manifest_file *x = &a->file[i], *y = &b->file[i];

		if (x->role != y->role || x->size != y->size || by_path(x, y) != 0 ||
			!sha256_eq(&x->digest, &y->digest))
			return false;
	}
	return true;
}

/* Index of @word in @names, or -1. */
static int find_word(struct span word, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq_str(word, names[i]))
			return (int)i;
	return -1;
}

/* ROLE SHA256 SIZE PATH, behind the file before it. */
static int parse_file(struct span value, struct manifest *m, struct err *reterr)
{
	struct span path = value;
	struct span role = span_cut(&path, ' '), digest = span_cut(&path, ' ');
	struct span size = span_cut(&path, ' ');
	struct manifest_file f;
	int r, which = find_word(role, role_names, COUNT(role_names));

	if (which < 0)
		return err_set(reterr, -EBADMSG, "there is no such role of a file");
	f.role = (enum manifest_role)which;
	if (sha256_parse(digest, &f.digest) < 0)
		return err_set(reterr, -EBADMSG, "the SHA-256 is not 64 hexadecimal digits");
	if (num_parse_u32(size, MANIFEST_FILE_MAX, &f.size) < 0)
		return err_set(
			reterr, -EBADMSG, "the size is no number up to %u", MANIFEST_FILE_MAX);
	if (!name_path_ok(path) || span_copy(path, f.path, sizeof(f.path)) < 0)
		return err_set(reterr, -EBADMSG, "the path is not allowed");
	if (m->n && by_path(&m->file[m->n - 1], &f) >= 0)
		return err_set(reterr, -EBADMSG, "the paths are not in their order");
	r = manifest_add_file(m, &f);
	if (r == -ENOMEM)
		return err_set(reterr, r, "no memory for the list of files");
	return r < 0 ? err_set(reterr, -EBADMSG, "more than %d files", MANIFEST_FILES) : 0;
}

static int parse_package(struct span value, struct manifest *m, struct err *reterr)
{
	struct span version = value, name = span_cut(&version, ' ');

	if (manifest_add_package(m, name, version) < 0)
		return err_set(
			reterr, -EBADMSG, "the package is not NAME VERSION, or one too many");
	return 0;
}

static int parse_generation(struct span value, struct manifest *m, struct err *reterr)
{
	uint32_t number;

	if (name_parse(value, &number, NULL) < 0 ||
		span_copy(value, m->generation, sizeof(m->generation)) < 0)
		return err_set(reterr, -EBADMSG, "the name of the generation is not allowed");
	return 0;
}

static int parse_created(struct span value, struct manifest *m, struct err *reterr)
{
	if (num_parse_u32(value, UINT32_MAX, &m->created_s) < 0)
		return err_set(reterr, -EBADMSG, "the time is no number of seconds");
	return 0;
}

static int parse_kernel(struct span value, struct manifest *m, struct err *reterr)
{
	struct span version = SPAN_NONE;
	uint32_t number;

	if (name_parse(span_str(m->generation), &number, &version) < 0 ||
		!span_eq(value, version) || span_copy(value, m->kernel, sizeof(m->kernel)) < 0)
		return err_set(reterr, -EBADMSG, "the kernel is another one than in the name");
	return 0;
}

static int parse_layout(struct span value, struct manifest *m, struct err *reterr)
{
	int which = find_word(value, layout_names, COUNT(layout_names));

	if (which < 0)
		return err_set(reterr, -EBADMSG, "there is no such layout");
	m->layout = (enum manifest_layout)which;
	return 0;
}

static int parse_previous(struct span value, struct manifest *m, struct err *reterr)
{
	uint32_t number;

	if (name_parse(value, &number, NULL) < 0 ||
		span_copy(value, m->previous, sizeof(m->previous)) < 0)
		return err_set(reterr, -EBADMSG, "the name of the previous one is not allowed");
	return 0;
}

static int parse_version(struct span value, struct manifest *m, struct err *reterr)
{
	(void)m;
	if (!span_eq_str(value, "1"))
		return err_set(reterr, -EBADMSG,
			"it is a manifest of another version of pinet, which can only read 1");
	return 0;
}

/* What a manifest consists of, in this order. */
static const struct {
	const char *word;
	unsigned int min, max;
	int (*parse)(struct span value, struct manifest *m, struct err *reterr);
} grammar[] = {
	{"pinet-manifest ", 1, 1, parse_version},
	{"generation ", 1, 1, parse_generation},
	{"created ", 1, 1, parse_created},
	{"kernel ", 1, 1, parse_kernel},
	{"layout ", 1, 1, parse_layout},
	{"previous ", 0, 1, parse_previous},
	{"package ", 0, MANIFEST_PACKAGES, parse_package},
	{"file ", 1, MANIFEST_FILES, parse_file},
	{"end", 1, 1, NULL},
};

static int parse_lines(struct span text, struct manifest *m, unsigned int *line, struct err *reterr)
{
	struct span rest = text;
	int r;

	*line = 1;
	for (size_t i = 0; i < COUNT(grammar); i++) {
		for (unsigned int n = 0; n < grammar[i].max; n++, (*line)++) {
			struct span next = rest, value = span_cut(&next, '\n');
			size_t skip = strlen(grammar[i].word);

			if (!span_starts(value, grammar[i].word)) {
				if (n >= grammar[i].min)
					break;
				return err_set(reterr, -EBADMSG, "\"%s\" is missing here",
					grammar[i].word);
			}
			if (!next.p)
				return err_set(reterr, -EBADMSG, "the end is missing");
			if (!grammar[i].parse && value.len != skip)
				return err_set(reterr, -EBADMSG, "the line has no meaning");
			r = grammar[i].parse
				    ? grammar[i].parse(span_sub(value, skip, value.len), m, reterr)
				    : 0;
			if (r < 0)
				return r;
			rest = next;
		}
	}
	return rest.len ? err_set(reterr, -EBADMSG, "something follows the end") : 0;
}

int manifest_parse(struct span text, struct manifest *ret, struct err *reterr)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	unsigned int line;
	int r;

	if (text.len > MANIFEST_TEXT_MAX)
		return err_set(reterr, -EBADMSG, "more than %u bytes", MANIFEST_TEXT_MAX);
	r = parse_lines(text, &m, &line, reterr);
	if (r < 0) {
		err_prefix(reterr, "line %u", line);
		return r;
	}
	*ret = m;
	m.file = NULL;
	return 0;
}

int manifest_print(const struct manifest *m, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool bad;

	if (!f)
		return -ENOMEM;
	fprintf(f, "pinet-manifest 1\ngeneration %s\ncreated %u\nkernel %s\nlayout %s\n",
		m->generation, m->created_s, m->kernel, layout_names[m->layout]);
	if (m->previous[0])
		fprintf(f, "previous %s\n", m->previous);
	for (unsigned int i = 0; i < m->n_packages; i++)
		fprintf(f, "package %s %s\n", m->package[i].name, m->package[i].version);
	for (size_t i = 0; i < m->n; i++) {
		char digest[SHA256_TEXT_SIZE];

		sha256_format(&m->file[i].digest, digest);
		fprintf(f, "file %s %s %u %s\n", role_names[m->file[i].role], digest,
			m->file[i].size, m->file[i].path);
	}
	fprintf(f, "end\n");
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}
