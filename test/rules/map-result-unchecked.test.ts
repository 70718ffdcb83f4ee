import { describe, test } from 'vitest';
import { mapResultUnchecked } from '../../server/rules/map-result-unchecked';
import { check } from '../support/check';

const RESULT = "error: the result of dma_map_sg() in 'count' is never tested; it is 0 when the mapping fails";

/** Counts descriptors over the mapped segments; `caller` says what becomes of the count. */
const build = (caller: string, options: { readonly marker?: string; readonly start?: string } = {}) => `
static int map_list(struct hba *hba, struct scsi_cmnd *sc, struct bd *bd)
{
    struct scatterlist *sg;
    int count, used = ${options.start ?? '0'}, i;

    count = dma_map_sg(hba->dev, scsi_sglist(sc), scsi_sg_count(sc), sc->sc_data_direction);${options.marker ?? ''}
    scsi_for_each_sg(sc, sg, count, i) {
        int parts;

        if (sg_dma_len(sg) > MAX_LEN) {
            parts = split(hba, sg, used);
        } else {
            parts = 1;
            bd[used].addr = sg_dma_address(sg);
        }
        used += parts;
    }
    return used;
}

static int build(struct hba *hba, struct scsi_cmnd *sc, struct bd *bd)
{
    int used = map_list(hba, sc, bd);

    ${caller}
    hba->valid = used;
    return 0;
}`;
const marker = `
    //      ^^^^^^^^^^ ${RESULT}`;

describe('map-result-unchecked', () => {
  const rules = [mapResultUnchecked];

  test('the caller fails when nothing was counted', () =>
    check(rules, build('if (used == 0)\n        return -ENOMEM;')));

  test('the caller fails unless something was counted', () =>
    check(rules, build('if (used <= 0)\n        return -ENOMEM;')));

  test('the caller goes on with nothing', () =>
    check(rules, build('if (used == 0)\n        bd[0].addr = 0;', { marker })));

  test('nobody asks', () => check(rules, build('', { marker })));

  test('the count begins with something else', () =>
    check(rules, build('if (used == 0)\n        return -ENOMEM;', { marker, start: '1' })));
});
