// SPDX-License-Identifier: GPL-2.0
/*
 * dma-probe: maps chosen lists on a chosen device through the ordinary DMA API and writes down what came back.
 *
 * Bind it to a device that does nothing else (driver_override), write a plan to
 * /sys/kernel/debug/dma-probe/<device>/plan, and read /sys/kernel/debug/dma-probe/<device>/recording: one JSON line for
 * each operation. Nothing is ever started on the device. README.md has the plan's language.
 */

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#define PROBE_BLOCKS		1024
#define PROBE_LINE		(64 * 1024)
#define PROBE_ENTRIES		1024
#define PROBE_NAME		64

/* What the device is told before an operation. */
struct probe_params {
	u64 mask;
	u64 boundary;
	u32 max_seg;
	u32 min_align;
	bool untrusted;
};

enum probe_kind { PROBE_MAP_SG, PROBE_MAP_PAGE, PROBE_UNMAP };

struct probe_mapping {
	struct list_head node;
	unsigned long id;
	enum probe_kind kind;
	enum dma_data_direction dir;
	struct probe_params params;
	struct sg_table table;
	dma_addr_t address;
	size_t length;
};

struct probe_line {
	struct list_head node;
	char text[];
};

struct probe {
	struct device *dev;
	struct dentry *dir;
	struct mutex lock;
	struct list_head mappings;
	struct list_head lines;
	struct page *blocks[PROBE_BLOCKS];
	unsigned int orders[PROBE_BLOCKS];
	char *line;
	size_t used;
	unsigned long number;
};

/* One operation on its way to the CPU that shall do it. */
struct probe_op {
	struct probe *probe;
	struct probe_mapping *mapping;
	enum probe_kind kind;
	unsigned int cpu;
	char name[PROBE_NAME];
	struct page *page;
	unsigned int offset;
	unsigned int length;
	int error;
};

static struct dentry *probe_root;

/* Recording */

static int probe_say(struct probe *probe, char *text)
{
	struct probe_line *line = kvmalloc(struct_size(line, text, strlen(text) + 1), GFP_KERNEL);

	if (!line)
		return -ENOMEM;
	strcpy(line->text, text);
	list_add_tail(&line->node, &probe->lines);
	return 0;
}

static int probe_record(struct probe_op *op)
{
	struct probe_mapping *mapping = op->mapping;
	struct probe_params *params = &mapping->params;
	size_t size = 1024 + 160 * (size_t)(mapping->table.orig_nents + 1);
	char *text = kvmalloc(size, GFP_KERNEL);
	struct scatterlist *sg;
	size_t at = 0;
	int i, ret;

	if (!text)
		return -ENOMEM;
	if (op->kind == PROBE_UNMAP) {
		scnprintf(text, size, "{\"op\":\"unmap\",\"id\":%lu,\"cpu\":%u}", mapping->id, op->cpu);
		goto out;
	}
	at += scnprintf(text + at, size - at,
			"{\"op\":\"%s\",\"id\":%lu,\"cpu\":%u,\"name\":\"%s\",\"params\":{\"dma_mask\":\"0x%llx\","
			"\"max_seg_size\":%u,\"seg_boundary\":\"0x%llx\",\"min_align_mask\":%u,\"dir\":%d,\"untrusted\":%s},",
			op->kind == PROBE_MAP_SG ? "map_sg" : "map_page", mapping->id, op->cpu, op->name,
			params->mask, params->max_seg, params->boundary, params->min_align, mapping->dir,
			params->untrusted ? "true" : "false");
	if (op->kind == PROBE_MAP_PAGE) {
		at += scnprintf(text + at, size - at, "\"page\":\"0x%llx\",\"offset\":%u,\"length\":%u,\"error\":%d",
				(u64)page_to_phys(op->page), op->offset, op->length, op->error);
		if (!op->error)
			at += scnprintf(text + at, size - at, ",\"address\":\"0x%llx\"", (u64)mapping->address);
		scnprintf(text + at, size - at, "}");
		goto out;
	}
	at += scnprintf(text + at, size - at, "\"entries\":[");
	for_each_sgtable_sg(&mapping->table, sg, i)
		at += scnprintf(text + at, size - at, "%s{\"page\":\"0x%llx\",\"offset\":%u,\"length\":%u}",
				i ? "," : "", (u64)page_to_phys(sg_page(sg)), sg->offset, sg->length);
	at += scnprintf(text + at, size - at, "],\"error\":%d,\"segments\":[", op->error);
	if (!op->error)
		for_each_sgtable_dma_sg(&mapping->table, sg, i)
			at += scnprintf(text + at, size - at, "%s{\"address\":\"0x%llx\",\"length\":%u}",
					i ? "," : "", (u64)sg_dma_address(sg), sg_dma_len(sg));
	scnprintf(text + at, size - at, "]}");
out:
	ret = probe_say(op->probe, text);
	kvfree(text);
	return ret;
}

/* Doing it */

static int probe_tell(struct device *dev, const struct probe_params *params)
{
	int ret = dma_set_mask(dev, params->mask);

	if (ret)
		return ret;
	dma_set_max_seg_size(dev, params->max_seg);
	dma_set_seg_boundary(dev, params->boundary);
	dma_set_min_align_mask(dev, params->min_align);
	if (dev_is_pci(dev))
		to_pci_dev(dev)->untrusted = params->untrusted;
	return 0;
}

static long probe_do(void *data)
{
	struct probe_op *op = data;
	struct probe_mapping *mapping = op->mapping;
	struct device *dev = op->probe->dev;
	long ret = probe_tell(dev, &mapping->params);

	if (ret)
		return ret;
	switch (op->kind) {
	case PROBE_MAP_SG:
		op->error = dma_map_sgtable(dev, &mapping->table, mapping->dir, 0);
		break;
	case PROBE_MAP_PAGE:
		mapping->address = dma_map_page(dev, op->page, op->offset, op->length, mapping->dir);
		op->error = dma_mapping_error(dev, mapping->address);
		break;
	case PROBE_UNMAP:
		if (mapping->kind == PROBE_MAP_SG)
			dma_unmap_sgtable(dev, &mapping->table, mapping->dir, 0);
		else
			dma_unmap_page(dev, mapping->address, mapping->length, mapping->dir);
		break;
	}
	return 0;
}

static void probe_forget(struct probe_mapping *mapping)
{
	sg_free_table(&mapping->table);
	kfree(mapping);
}

static int probe_run(struct probe_op *op)
{
	long ret;

	if (op->cpu >= nr_cpu_ids || !cpu_online(op->cpu))
		return -ENODEV;
	ret = work_on_cpu(op->cpu, probe_do, op);
	if (!ret)
		ret = probe_record(op);
	return ret;
}

/* Plans */

static struct probe_mapping *probe_find(struct probe *probe, unsigned long id)
{
	struct probe_mapping *mapping;

	list_for_each_entry(mapping, &probe->mappings, node)
		if (mapping->id == id)
			return mapping;
	return NULL;
}

/* "block N ORDER any|dma32": memory for the lists. */
static int probe_block(struct probe *probe, char *args)
{
	unsigned int index, order;
	char zone[8];
	gfp_t flags = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_COMP;

	if (sscanf(args, "%u %u %7s", &index, &order, zone) != 3)
		return -EINVAL;
	if (index >= PROBE_BLOCKS || probe->blocks[index] || order > 10)
		return -EINVAL;
	if (!strcmp(zone, "dma32"))
		flags |= GFP_DMA32;
	probe->blocks[index] = alloc_pages(flags, order);
	probe->orders[index] = order;
	return probe->blocks[index] ? 0 : -ENOMEM;
}

/* "BLOCK:PAGE:OFFSET:LENGTH" */
static int probe_entry(struct probe *probe, const char *text, struct page **page, unsigned int *offset,
		       unsigned int *length)
{
	unsigned int block, index;
	u64 end;

	if (sscanf(text, "%u:%u:%u:%u", &block, &index, offset, length) != 4)
		return -EINVAL;
	if (block >= PROBE_BLOCKS || !probe->blocks[block] || !*length)
		return -EINVAL;
	end = ((u64)index << PAGE_SHIFT) + *offset + *length;
	if (end > PAGE_SIZE << probe->orders[block])
		return -EINVAL;
	*page = nth_page(probe->blocks[block], index);
	return 0;
}

static int probe_list(struct probe_op *op, char *list)
{
	struct probe_mapping *mapping = op->mapping;
	unsigned int count = 1;
	struct scatterlist *sg;
	char *at;
	int ret;

	for (at = list; *at; at++)
		count += *at == ',';
	if (count > PROBE_ENTRIES || (op->kind == PROBE_MAP_PAGE && count != 1))
		return -EINVAL;
	ret = sg_alloc_table(&mapping->table, count, GFP_KERNEL);
	if (ret)
		return ret;
	sg = mapping->table.sgl;
	while ((at = strsep(&list, ","))) {
		ret = probe_entry(op->probe, at, &op->page, &op->offset, &op->length);
		if (ret)
			return ret;
		sg_set_page(sg, op->page, op->length, op->offset);
		sg = sg_next(sg);
	}
	mapping->length = op->length;
	return 0;
}

static int probe_option(struct probe_op *op, const char *key, char *value)
{
	struct probe_mapping *mapping = op->mapping;
	struct probe_params *params = &mapping->params;
	int dir, ret;

	if (!strcmp(key, "id"))
		return kstrtoul(value, 0, &mapping->id);
	if (!strcmp(key, "cpu"))
		return kstrtouint(value, 0, &op->cpu);
	if (!strcmp(key, "mask"))
		return kstrtou64(value, 0, &params->mask);
	if (!strcmp(key, "max"))
		return kstrtou32(value, 0, &params->max_seg);
	if (!strcmp(key, "boundary"))
		return kstrtou64(value, 0, &params->boundary);
	if (!strcmp(key, "align"))
		return kstrtou32(value, 0, &params->min_align);
	if (!strcmp(key, "untrusted"))
		return kstrtobool(value, &params->untrusted);
	if (!strcmp(key, "list"))
		return probe_list(op, value);
	if (!strcmp(key, "name"))
		return strscpy(op->name, value, sizeof(op->name)) < 0 ? -EINVAL : 0;
	if (!strcmp(key, "dir")) {
		ret = kstrtoint(value, 0, &dir);
		mapping->dir = dir;
		return ret ?: (dir < DMA_BIDIRECTIONAL || dir > DMA_FROM_DEVICE) ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* "map_sg KEY=VALUE..." and "map_page KEY=VALUE..." */
static int probe_map(struct probe *probe, enum probe_kind kind, char *args)
{
	struct probe_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	struct probe_op op = { .probe = probe, .mapping = mapping, .kind = kind };
	char *option, *value;
	int ret = 0;

	if (!mapping)
		return -ENOMEM;
	mapping->kind = kind;
	mapping->dir = DMA_TO_DEVICE;
	mapping->params.mask = DMA_BIT_MASK(32);
	mapping->params.boundary = DMA_BIT_MASK(32);
	mapping->params.max_seg = 65536;
	while (!ret && (option = strsep(&args, " "))) {
		if (!*option)
			continue;
		value = strchr(option, '=');
		if (!value) {
			ret = -EINVAL;
			break;
		}
		*value++ = 0;
		ret = probe_option(&op, option, value);
	}
	if (!ret && (!mapping->table.sgl || probe_find(probe, mapping->id)))
		ret = -EINVAL;
	if (!ret)
		ret = probe_run(&op);
	if (!ret && !op.error)
		list_add(&mapping->node, &probe->mappings);
	else
		probe_forget(mapping);
	return ret;
}

/* "unmap ID CPU"; what could not be mapped is passed over. */
static int probe_unmap(struct probe *probe, char *args)
{
	struct probe_op op = { .probe = probe, .kind = PROBE_UNMAP };
	unsigned long id;
	int ret;

	if (sscanf(args, "%lu %u", &id, &op.cpu) != 2)
		return -EINVAL;
	op.mapping = probe_find(probe, id);
	if (!op.mapping)
		return 0;
	ret = probe_run(&op);
	list_del(&op.mapping->node);
	probe_forget(op.mapping);
	return ret;
}

static int probe_command(struct probe *probe, char *line)
{
	char *args = strim(line);
	char *word = strsep(&args, " ");

	probe->number++;
	if (!*word || *word == '#')
		return 0;
	if (!args)
		return -EINVAL;
	if (!strcmp(word, "block"))
		return probe_block(probe, args);
	if (!strcmp(word, "map_sg"))
		return probe_map(probe, PROBE_MAP_SG, args);
	if (!strcmp(word, "map_page"))
		return probe_map(probe, PROBE_MAP_PAGE, args);
	if (!strcmp(word, "unmap"))
		return probe_unmap(probe, args);
	return -EINVAL;
}

/* Files */

static ssize_t plan_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	struct probe *probe = file->private_data;
	size_t room, n;
	char *end;
	int ret = 0;

	mutex_lock(&probe->lock);
	room = PROBE_LINE - 1 - probe->used;
	n = min(count, room);
	if (!n) {
		ret = -E2BIG;
		goto out;
	}
	if (copy_from_user(probe->line + probe->used, from, n)) {
		ret = -EFAULT;
		goto out;
	}
	probe->used += n;
	probe->line[probe->used] = 0;
	while (!ret && (end = strchr(probe->line, '\n'))) {
		*end++ = 0;
		ret = probe_command(probe, probe->line);
		if (ret)
			dev_err(probe->dev, "plan line %lu: error %d\n", probe->number, ret);
		probe->used -= end - probe->line;
		memmove(probe->line, end, probe->used + 1);
	}
out:
	if (ret)
		probe->used = 0;
	mutex_unlock(&probe->lock);
	return ret ? ret : n;
}

static const struct file_operations plan_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = plan_write,
};

static void *recording_start(struct seq_file *seq, loff_t *pos)
{
	struct probe *probe = seq->private;

	mutex_lock(&probe->lock);
	return seq_list_start(&probe->lines, *pos);
}

static void *recording_next(struct seq_file *seq, void *at, loff_t *pos)
{
	struct probe *probe = seq->private;

	return seq_list_next(at, &probe->lines, pos);
}

static void recording_stop(struct seq_file *seq, void *at)
{
	struct probe *probe = seq->private;

	mutex_unlock(&probe->lock);
}

static int recording_show(struct seq_file *seq, void *at)
{
	seq_puts(seq, list_entry(at, struct probe_line, node)->text);
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations recording_sops = {
	.start = recording_start,
	.next = recording_next,
	.stop = recording_stop,
	.show = recording_show,
};
DEFINE_SEQ_ATTRIBUTE(recording);

/* Devices */

static int probe_attach(struct device *dev)
{
	struct probe *probe = devm_kzalloc(dev, sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	probe->line = devm_kzalloc(dev, PROBE_LINE, GFP_KERNEL);
	if (!probe->line)
		return -ENOMEM;
	probe->dev = dev;
	mutex_init(&probe->lock);
	INIT_LIST_HEAD(&probe->mappings);
	INIT_LIST_HEAD(&probe->lines);
	probe->dir = debugfs_create_dir(dev_name(dev), probe_root);
	debugfs_create_file("plan", 0200, probe->dir, probe, &plan_fops);
	debugfs_create_file("recording", 0400, probe->dir, probe, &recording_fops);
	dev_set_drvdata(dev, probe);
	return 0;
}

static void probe_detach(struct device *dev)
{
	struct probe *probe = dev_get_drvdata(dev);
	struct probe_mapping *mapping, *next;
	struct probe_line *line, *after;
	int i;

	debugfs_remove_recursive(probe->dir);
	list_for_each_entry_safe(mapping, next, &probe->mappings, node) {
		struct probe_op op = { .probe = probe, .mapping = mapping, .kind = PROBE_UNMAP };

		probe_do(&op);
		probe_forget(mapping);
	}
	list_for_each_entry_safe(line, after, &probe->lines, node)
		kvfree(line);
	for (i = 0; i < PROBE_BLOCKS; i++)
		if (probe->blocks[i])
			__free_pages(probe->blocks[i], probe->orders[i]);
}

static int probe_pci_attach(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	return ret ? ret : probe_attach(&pdev->dev);
}

static void probe_pci_detach(struct pci_dev *pdev)
{
	probe_detach(&pdev->dev);
}

/* No ids: driver_override picks the device. */
static const struct pci_device_id probe_pci_ids[] = { {} };

static struct pci_driver probe_pci_driver = {
	.name = "dma-probe",
	.id_table = probe_pci_ids,
	.probe = probe_pci_attach,
	.remove = probe_pci_detach,
};

static int __init probe_init(void)
{
	int ret;

	probe_root = debugfs_create_dir("dma-probe", NULL);
	ret = pci_register_driver(&probe_pci_driver);
	if (ret)
		debugfs_remove_recursive(probe_root);
	return ret;
}

static void __exit probe_exit(void)
{
	pci_unregister_driver(&probe_pci_driver);
	debugfs_remove_recursive(probe_root);
}

module_init(probe_init);
module_exit(probe_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Maps chosen lists on a chosen device and records the result");
