/** The generated files and their content. */

import { DMA_API } from '../server/dmaApi';
import { withoutMarkers } from '../server/report/ruleText';
