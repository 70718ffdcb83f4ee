import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const listNotInitialised: Rule = {
  id: 'list-not-initialised',
  title: 'Entries of a list on the stack are set before the list is',
  severity: 'error',
  why: `An entry keeps marks in the low bits of its page: whether it is the last one, or leads to another array. What the
stack held before decides about them, unless sg_init_table() clears the array and marks its end. With CONFIG_DEBUG_SG the
kernel stops here.`,
  bad: `
int send(struct host *host, void *head, void *body, size_t len)
{
    struct scatterlist sg[2];

    sg_set_buf(&sg[0], head, 64);
 // ^^^^^^^^^^ error: 'sg' is filled, but nobody called sg_init_table(): what the stack held decides where the list ends
    sg_set_buf(&sg[1], body, len);
    if (!dma_map_sg(host->dev, sg, 2, DMA_TO_DEVICE))
        return -ENOMEM;
    return run(host, sg);
}`,
  good: `
int send(struct host *host, void *head, void *body, size_t len)
{
    struct scatterlist sg[2];

    sg_init_table(sg, 2);
    sg_set_buf(&sg[0], head, 64);
    sg_set_buf(&sg[1], body, len);
    if (!dma_map_sg(host->dev, sg, 2, DMA_TO_DEVICE))
        return -ENOMEM;
    return run(host, sg);
}`,
  fix: 'None is offered: how many entries the list has is for the author to say.',
  silent: `A list that another function is given first, that memset() or an initialiser clears, that sg_init_one() makes, or
that is in a struct.`,
  reference: 'include/linux/scatterlist.h, sg_init_table() and sg_assign_page(): BUG_ON(sg->page_link & SG_CHAIN).',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { name, fill } of fn.rawLists) {
      yield {
        span: fill.call.nameSpan,
        message: `'${name}' is filled, but nobody called sg_init_table(): what the stack held decides where the list ends`,
      };
    }
  },
};
