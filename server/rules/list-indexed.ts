import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const listIndexed: Rule = {
  id: 'list-indexed',
  title: 'A list that may be chained is walked as an array',
  severity: 'error',
  why: `A long scatterlist is not one array: sg_alloc_table() puts as many entries into an array as fit a page, and makes
the last of them a link to the next array. Counting on reads that link as if it were an entry, and then what lies behind the
array. sg_next() and for_each_sg() follow the links.`,
  bad: `
int program(struct engine *engine, unsigned int pages)
{
    struct sg_table sgt;
    unsigned int i;

    if (sg_alloc_table(&sgt, pages, GFP_KERNEL))
        return -ENOMEM;
    for (i = 0; i < sgt.orig_nents; i++)
        sg_set_page(&sgt.sgl[i], engine->pages[i], PAGE_SIZE, 0);
        //          ^^^^^^^^^^^ error: this counts through a list of sg_alloc_table(), which may be several arrays, linked by their last entries; use for_each_sg() or sg_next()
    return run(engine, &sgt);
}`,
  good: `
int program(struct engine *engine, unsigned int pages)
{
    struct scatterlist *sg;
    struct sg_table sgt;
    unsigned int i;

    if (sg_alloc_table(&sgt, pages, GFP_KERNEL))
        return -ENOMEM;
    for_each_sgtable_sg(&sgt, sg, i)
        sg_set_page(sg, engine->pages[i], PAGE_SIZE, 0);
    return run(engine, &sgt);
}`,
  fix: 'None is offered: the loop has to be written anew.',
  silent: `The first entry; arrays that the driver declares or allocates itself; tables of at most 128 entries, or whose
number of entries the function compares with a limit; lists of which nothing says who made them.`,
  reference: 'include/linux/scatterlist.h, SG_MAX_SINGLE_ALLOC: a larger list is chained; sg_next() follows the links.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { span, maker, made } of fn.indexedLists) {
      yield {
        span,
        message: `this counts through a list of ${maker}, which may be several arrays, linked by their last entries; use for_each_sg() or sg_next()`,
        ...(made && { related: [{ span: made.call.span, message: 'the list is made here' }] }),
      };
    }
  },
};
